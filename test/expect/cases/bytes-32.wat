(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i32.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=READ_CELL[38].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=READ_CELL[38].addend (local.get $tlb_table)))
  (local.set 15 (local.tee 16 (i64.load offset=RAX (i32.const 0))))
  (local.set $eax (i32.wrap_i64 (local.get 16)))
  (local.set 15 (i64.or (local.tee 16 (i64.load offset=RSP (i32.const 0))) (local.get 15)))
  (local.set $esp (i32.wrap_i64 (local.get 16)))
  (if (; unlikely ;) (i32.wrap_i64 (i64.shr_u (local.get 15) (i64.const 32)))
    (then
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (block $tail
    (loop $loop0
      (block $tail
        (local.set 17 (local.get $budget))
        (local.set 18 (local.get $flags_kind))
        (local.set 19 (local.get $flags_a))
        (local.set 20 (local.get $flags_b))
        (block $tail
          (loop $tail
            (local.set $flags_a (local.get $eax))
            (local.set $flags_b (i32.const 32))
            ;; 0: +0x100
            (local.set $budget (i32.sub (local.get $budget) (i32.const 4)))
            ;; +0x100  MOV AH, byte DS:[0x804a010]
            (local.set 21 (i32.const 134520848))
            (local.set 22 (local.get $page0_addend))
            (if (; unlikely ;)
              (i64.ne
                (local.get $page0_tag)
                (i64.extend_i32_u (i32.and (local.get 21) (i32.const -4096))))
              (then
                (br_if $tail (; unlikely ;)
                  (i32.eq
                    (local.tee 22
                      (call $translate (; bail at +0x100, 4 not executed, flags of $flags_kind ;)
                        (i64.extend_i32_u (local.get 21))
                        (local.get $tlb_table)
                        (i32.const 41457665)
                        (i32.const 33586692)))
                    (i32.const 1)))
                (local.set $budget
                  (i32.or
                    (local.get $budget)
                    (i32.shl
                      (i64.ne
                        (i64.and (i64.extend_i32_u (local.get 21)) (i64.const -4096))
                        (local.get $page0_tag))
                      (i32.const 31))))))
            (local.set 21 (i32.load8_u (i32.add (local.get 21) (local.get 22))))
            (local.set $eax
              (i32.or
                (i32.and (local.get $eax) (i32.const -65281))
                (i32.shl (i32.and (local.get 21) (i32.const 255)) (i32.const 8))))
            ;; +0x106  ADD AL, AH
            (local.set $eax
              (i32.or
                (i32.and (local.get $eax) (i32.const -256))
                (i32.and
                  (i32.add
                    (i32.and (local.get $eax) (i32.const 255))
                    (i32.and (i32.shr_u (local.get $eax) (i32.const 8)) (i32.const 255)))
                  (i32.const 255))))
            ;; +0x108  CMP AL, 0x20
            (local.set $flags_a (i32.and (local.get $eax) (i32.const 255)))
            (local.set $flags_b (i32.const 32))
            ;; +0x10a  JBE $-0xa
            (if (i32.le_u (local.get $flags_a) (local.get $flags_b))
              (then
                (local.set $flags_kind (i32.const 5))
                (br_if $tail (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 6)))
                (br $tail)))
            ;; 1: +0x10c
            (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
            ;; +0x10c  MOV byte DS:[0x804a011], AL
            (local.set 21 (i32.const 134520849))
            (local.set 22 (i32.load offset=WRITE_CELL[38].addend (local.get $tlb_table)))
            (if (; unlikely ;)
              (i64.ne
                (i64.load offset=WRITE_CELL[38].tag (local.get $tlb_table))
                (i64.extend_i32_u (i32.and (local.get 21) (i32.const -4096))))
              (then
                (br_if $tail (; unlikely ;)
                  (i32.eq
                    (local.tee 22
                      (call $translate (; bail at +0x10c, 2 not executed, flags of SUB 8 ;)
                        (i64.extend_i32_u (local.get 21))
                        (local.get $tlb_table)
                        (i32.const 41457921)
                        (i32.const 35129858)))
                    (i32.const 1)))))
            (i32.store8
              (i32.add (local.get 21) (local.get 22))
              (i32.and (local.get $eax) (i32.const 255)))
            ;; +0x112  RET
            (local.set 21 (local.get $esp))
            (local.set 22 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
            (if (; unlikely ;)
              (i64.ne
                (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
                (i64.extend_i32_u (i32.and (local.get 21) (i32.const -4093))))
              (then
                (br_if $tail (; unlikely ;)
                  (i32.eq
                    (local.tee 22
                      (call $translate (; bail at +0x112, 1 not executed, flags of SUB 8 ;)
                        (i64.extend_i32_u (local.get 21))
                        (local.get $tlb_table)
                        (i32.const 41423364)
                        (i32.const 35916289)))
                    (i32.const 1)))))
            (local.set 21 (i32.load (i32.add (local.get 21) (local.get 22))))
            (local.set $esp (i32.add (local.get $esp) (i32.const 4)))
            (local.set 15 (i64.extend_i32_u (local.get 21)))
            (local.set 21 (i32.sub (i32.wrap_i64 (local.get 15)) (local.get $rip_base)))
            (i32.store offset=LINK_CELL[0] (i32.const 0) (local.get 21))
            (local.set 22 (i32.sub (local.get $flags_a) (local.get $flags_b)))
            (i64.store offset=flagResult
              (i32.const 0)
              (i64.extend_i32_s (i32.extend8_s (local.get 22))))
            (local.set 23
              (i32.or
                (i32.and (i32.xor (local.get $flags_a) (i32.const -1)) (local.get $flags_b))
                (i32.and
                  (i32.or (i32.xor (local.get $flags_a) (i32.const -1)) (local.get $flags_b))
                  (local.get 22))))
            (i32.store offset=flagAux
              (i32.const 0)
              (i32.or
                (i32.shl (i32.shr_u (local.get 23) (i32.const 6)) (i32.const 30))
                (i32.and (local.get 23) (i32.const 8))))
            (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
            (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
            (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
            (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
            (return_call $jumpFlat (local.get 15))))
        (if
          (i32.eq
            (i32.add (i32.and (local.get $budget) (i32.const 2147483647)) (i32.const 4))
            (local.get 17))
          (then
            (local.set $flags_a (local.get 19))
            (local.set $flags_b (local.get 20))
            (local.set $flags_kind (local.get 18)))
          (else
            (local.set $flags_kind (i32.const 5))))
        (br $tail))
      (if (i32.lt_s (local.get $budget) (i32.const 0))
        (then
          (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
          (local.set $page0_tag (i64.load offset=READ_CELL[38].tag (local.get $tlb_table)))
          (local.set $page0_addend (i32.load offset=READ_CELL[38].addend (local.get $tlb_table)))
          (br_if $loop0 (; likely ;) (i32.ge_s (local.get $budget) (i32.const 6)))))
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (i32.store offset=WHERE (; to +0x100, flags of $flags_kind ;)
        (i32.const 0)
        (i32.const 33586688))
      (br $tail)))
  (if
    (i32.eq
      (i32.and
        (local.tee 17
          (i32.and
            (i32.shr_u (local.tee 18 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 17 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 17)
    (i64.extend_i32_u (local.get $flags_a))
    (i64.extend_i32_u (local.get $flags_b))
    (i64.extend_i32_u (local.get $flags_r))
    (local.get $flags_cf_of)
    (i64.extend_i32_u (local.get $flags_step)))
  (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
  (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
  (local.set $budget (i32.add (i32.and (local.get 18) (i32.const 511)) (local.get $budget)))
  (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 15
    (i64.extend_i32_u
      (i32.add
        (local.get $rip_base)
        (i32.and (i32.shr_u (local.get 18) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 18) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 15))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 15)))
