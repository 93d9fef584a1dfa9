(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i32.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
  (local.set $page1_tag (i64.load offset=WRITE_CELL[RDI].tag (local.get $tlb_table)))
  (local.set $page1_addend (i32.load offset=WRITE_CELL[RDI].addend (local.get $tlb_table)))
  (local.set 20 (local.tee 21 (i64.load offset=RAX (i32.const 0))))
  (local.set $eax (i32.wrap_i64 (local.get 21)))
  (local.set 20 (i64.or (local.tee 21 (i64.load offset=RCX (i32.const 0))) (local.get 20)))
  (local.set $ecx (i32.wrap_i64 (local.get 21)))
  (local.set 20 (i64.or (local.tee 21 (i64.load offset=RSP (i32.const 0))) (local.get 20)))
  (local.set $esp (i32.wrap_i64 (local.get 21)))
  (local.set 20 (i64.or (local.tee 21 (i64.load offset=RSI (i32.const 0))) (local.get 20)))
  (local.set $esi (i32.wrap_i64 (local.get 21)))
  (local.set 20 (i64.or (local.tee 21 (i64.load offset=RDI (i32.const 0))) (local.get 20)))
  (local.set $edi (i32.wrap_i64 (local.get 21)))
  (if (; unlikely ;) (i32.wrap_i64 (i64.shr_u (local.get 20) (i64.const 32)))
    (then
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (block $tail
    (loop $loop0
      (block $tail
        (loop $tail
          ;; 0: +0x100
          (local.set $budget (i32.sub (local.get $budget) (i32.const 5)))
          ;; +0x100  MOV EAX, dword DS:[ESI+ECX*4]
          (local.set 22 (i32.add (local.get $esi) (i32.shl (local.get $ecx) (i32.const 2))))
          (local.set 23 (local.get $page0_addend))
          (if (; unlikely ;)
            (i64.ne
              (local.get $page0_tag)
              (i64.extend_i32_u (i32.and (local.get 22) (i32.const -4093))))
            (then
              (br_if $tail (; unlikely ;)
                (i32.eq
                  (local.tee 23
                    (call $translate (; bail at +0x100, 5 not executed, flags of $flags_kind ;)
                      (i64.extend_i32_u (local.get 22))
                      (local.get $tlb_table)
                      (i32.const 41424900)
                      (i32.const 33586693)))
                  (i32.const 1)))
              (local.set $budget
                (i32.or
                  (local.get $budget)
                  (i32.shl
                    (i64.ne
                      (i64.and (i64.extend_i32_u (local.get 22)) (i64.const -4096))
                      (local.get $page0_tag))
                    (i32.const 31))))))
          (local.set 22 (i32.load (i32.add (local.get 22) (local.get 23))))
          (local.set $eax (local.get 22))
          ;; +0x103  XOR EAX, 0x5a5a5a5a
          (local.set 22 (i32.xor (local.get $eax) (i32.const 1515870810)))
          (local.set $eax (local.get 22))
          (local.set $flags_a (local.get 22))
          ;; +0x108  MOV dword DS:[EDI+ECX*4], EAX
          (local.set 22 (i32.add (local.get $edi) (i32.shl (local.get $ecx) (i32.const 2))))
          (local.set 23 (local.get $page1_addend))
          (if (; unlikely ;)
            (i64.ne
              (local.get $page1_tag)
              (i64.extend_i32_u (i32.and (local.get 22) (i32.const -4093))))
            (then
              (br_if $tail (; unlikely ;)
                (i32.eq
                  (local.tee 23
                    (call $translate (; bail at +0x108, 3 not executed, flags of LOGIC 32 ;)
                      (i64.extend_i32_u (local.get 22))
                      (local.get $tlb_table)
                      (i32.const 41426180)
                      (i32.const 34608643)))
                  (i32.const 1)))
              (local.set $budget
                (i32.or
                  (local.get $budget)
                  (i32.shl
                    (i64.ne
                      (i64.and (i64.extend_i32_u (local.get 22)) (i64.const -4096))
                      (local.get $page1_tag))
                    (i32.const 31))))))
          (i32.store (i32.add (local.get 22) (local.get 23)) (local.get $eax))
          ;; +0x10b  DEC ECX
          (local.set 22 (i32.sub (local.get $ecx) (i32.const 1)))
          (local.get 22)
          (local.set 23 (local.get $ecx))
          (local.set $ecx)
          (local.set $flags_step (local.get 22))
          (local.set $flags_kind (i32.const 1547))
          ;; +0x10c  JNS $-0xc
          (if (i32.eqz (i32.lt_s (local.get $flags_step) (i32.const 0)))
            (then
              (br_if $tail (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 6)))
              (br $tail)))
          ;; 1: +0x10e
          (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
          ;; +0x10e  RET
          (local.set 23 (local.get $esp))
          (local.set 22 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
          (if (; unlikely ;)
            (i64.ne
              (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
              (i64.extend_i32_u (i32.and (local.get 23) (i32.const -4093))))
            (then
              (br_if $tail (; unlikely ;)
                (i32.eq
                  (local.tee 22
                    (call $translate (; bail at +0x10e, 1 not executed, flags of $flags_kind ;)
                      (i64.extend_i32_u (local.get 23))
                      (local.get $tlb_table)
                      (i32.const 41423364)
                      (i32.const 35421697)))
                  (i32.const 1)))))
          (local.set 23 (i32.load (i32.add (local.get 23) (local.get 22))))
          (local.set $esp (i32.add (local.get $esp) (i32.const 4)))
          (local.set 20 (i64.extend_i32_u (local.get 23)))
          (local.set 23 (i32.sub (i32.wrap_i64 (local.get 20)) (local.get $rip_base)))
          (i32.store offset=LINK_CELL[0] (i32.const 0) (local.get 23))
          (call $materializeFlags
            (i32.const 1547)
            (i64.extend_i32_u (local.get $flags_a))
            (i64.extend_i32_u (local.get $flags_b))
            (i64.extend_i32_u (local.get $flags_r))
            (local.get $flags_cf_of)
            (i64.extend_i32_u (local.get $flags_step)))
          (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
          (i64.store offset=RCX (i32.const 0) (i64.extend_i32_u (local.get $ecx)))
          (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
          (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
          (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
          (return_call $jumpFlat (local.get 20))))
      (if (i32.lt_s (local.get $budget) (i32.const 0))
        (then
          (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
          (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
          (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
          (local.set $page1_tag (i64.load offset=WRITE_CELL[RDI].tag (local.get $tlb_table)))
          (local.set $page1_addend (i32.load offset=WRITE_CELL[RDI].addend (local.get $tlb_table)))
          (br_if $loop0 (; likely ;) (i32.ge_s (local.get $budget) (i32.const 6)))))
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (i32.store offset=WHERE (; to +0x100, flags of $flags_kind ;)
        (i32.const 0)
        (i32.const 33586688))
      (br $tail)))
  (if
    (i32.eq
      (i32.and
        (local.tee 22
          (i32.and
            (i32.shr_u (local.tee 23 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 22 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 22)
    (i64.extend_i32_u (local.get $flags_a))
    (i64.extend_i32_u (local.get $flags_b))
    (i64.extend_i32_u (local.get $flags_r))
    (local.get $flags_cf_of)
    (i64.extend_i32_u (local.get $flags_step)))
  (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
  (i64.store offset=RCX (i32.const 0) (i64.extend_i32_u (local.get $ecx)))
  (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
  (local.set $budget (i32.add (i32.and (local.get 23) (i32.const 511)) (local.get $budget)))
  (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 20
    (i64.extend_i32_u
      (i32.add
        (local.get $rip_base)
        (i32.and (i32.shr_u (local.get 23) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 23) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 20))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 20)))
