(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 3))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rcx (i64.load offset=RCX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
    ;; +0x100  SUB EAX, ECX
    (local.set 14 (i32.sub (i32.wrap_i64 (local.get $rax)) (i32.wrap_i64 (local.get $rcx))))
    (i64.extend_i32_u (local.get 14))
    (local.set 15 (i32.wrap_i64 (local.get $rax)))
    (local.set $rax)
    (local.set $flags_a (i64.extend_i32_u (local.get 14)))
    (local.set $flags_b (i64.extend_i32_u (i32.wrap_i64 (local.get $rcx))))
    ;; +0x102  LAHF
    (i64.and (local.get $rax) (i64.const -65281))
    (call $materializeFlags
      (i32.const 27)
      (local.get $flags_a)
      (local.get $flags_b)
      (local.get $flags_r)
      (local.get $flags_cf_of)
      (local.get $flags_step))
    (local.set $rax
      (i64.or
        (i64.shl
          (i64.extend_i32_u
            (i32.and
              (i32.or (i32.and (call $flagsGet) (i32.const 213)) (i32.const 2))
              (i32.const 255)))
          (i64.const 8))))
    ;; +0x103  RET
    (local.set 15 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 15
              (call $translate (; bail at +0x103, 1 not executed, flags in the state ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 33947649)))
            (i32.const 1)))))
    (local.set 16 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 15))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 16) (i64.const 16)) (i64.const 16)) (local.get 16))
      (then
        (i32.store offset=WHERE (; bail at +0x103, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 33947649))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 17 (local.get 16))
    (local.set 16 (i64.sub (local.get 17) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 16)))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 17)))
  (if
    (i32.eq
      (i32.and
        (local.tee 14
          (i32.and
            (i32.shr_u (local.tee 15 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 14 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 14)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 15) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 17
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 15) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 15) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 17))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 17)))
