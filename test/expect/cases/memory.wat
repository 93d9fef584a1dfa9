(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rcx (i64.load offset=RCX (i32.const 0)))
  (local.set $rdx (i64.load offset=RDX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 6)))
    ;; +0x100  MOV RAX, qword DS:[RDI]
    (if (; unlikely ;)
      (i32.gt_u (i32.and (i32.wrap_i64 (local.get $rdi)) (i32.const 4095)) (i32.const 4086))
      (then
        (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; bail at +0x100, 6 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 33554438))
        (br $tail)))
    (local.set 18 (i32.load offset=READ_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RDI].tag (local.get $tlb_table))
        (i64.and (local.get $rdi) (i64.const -4096)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 18
              (call $translate (; bail at +0x100, 6 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 41425928)
                (i32.const 33554438)))
            (i32.const 1)))))
    (local.set 17 (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get 18)))
    (local.set 19 (i64.load (local.get 17)))
    (local.set $rax (local.get 19))
    ;; +0x103  MOVZX ECX, word DS:[RDI+0x8]
    (local.set 18 (i32.load16_u offset=8 (local.get 17)))
    (local.set $rcx (i64.extend_i32_u (local.get 18)))
    ;; +0x107  MOVSX RDX, byte DS:[RDI+RCX*2+0xa]
    (local.set 19
      (i64.add (i64.add (local.get $rdi) (i64.const 10)) (i64.shl (local.get $rcx) (i64.const 1))))
    (local.set 17 (i32.load offset=READ_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RDI].tag (local.get $tlb_table))
        (i64.and (local.get 19) (i64.const -4096)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x107, 4 not executed, flags in the state ;)
                (local.get 19)
                (local.get $tlb_table)
                (i32.const 41425921)
                (i32.const 34471940)))
            (i32.const 1)))))
    (local.set 17 (i32.load8_u (i32.add (i32.wrap_i64 (local.get 19)) (local.get 17))))
    (local.set $rdx (i64.extend_i32_s (i32.extend8_s (local.get 17))))
    ;; +0x10d  MOV dword DS:[RSI], ECX
    (if (; unlikely ;)
      (i32.gt_u (i32.and (i32.wrap_i64 (local.get $rsi)) (i32.const 4095)) (i32.const 4091))
      (then
        (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; bail at +0x10d, 3 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 35258371))
        (br $tail)))
    (local.set 18 (i32.load offset=WRITE_CELL[RSI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=WRITE_CELL[RSI].tag (local.get $tlb_table))
        (i64.and (local.get $rsi) (i64.const -4096)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 18
              (call $translate (; bail at +0x10d, 3 not executed, flags in the state ;)
                (local.get $rsi)
                (local.get $tlb_table)
                (i32.const 41425156)
                (i32.const 35258371)))
            (i32.const 1)))))
    (local.set 17 (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 18)))
    (i32.store (local.get 17) (i32.wrap_i64 (local.get $rcx)))
    ;; +0x10f  MOV byte DS:[RSI+0x4], 0x7
    (i32.store8 offset=4 (local.get 17) (i32.const 7))
    ;; +0x113  RET
    (local.set 17 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x113, 1 not executed, flags in the state ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 36044801)))
            (i32.const 1)))))
    (local.set 19 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 17))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 19) (i64.const 16)) (i64.const 16)) (local.get 19))
      (then
        (i32.store offset=WHERE (; bail at +0x113, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 36044801))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 20 (local.get 19))
    (local.set 19 (i64.sub (local.get 20) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 19)))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RCX (i32.const 0) (local.get $rcx))
    (i64.store offset=RDX (i32.const 0) (local.get $rdx))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 20)))
  (if
    (i32.eq
      (i32.and
        (local.tee 18
          (i32.and
            (i32.shr_u (local.tee 17 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 18 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 18)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RCX (i32.const 0) (local.get $rcx))
  (i64.store offset=RDX (i32.const 0) (local.get $rdx))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 17) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 20
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 17) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 17) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 20))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 20)))
