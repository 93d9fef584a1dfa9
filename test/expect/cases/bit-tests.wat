(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 5))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rcx (i64.load offset=RCX (i32.const 0)))
  (local.set $rdx (i64.load offset=RDX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (block $tail
    (block $block2
      ;; 0: +0x100
      (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
      ;; +0x100  BT RAX, 0x5
      (local.set $flags_cf_of (i32.wrap_i64 (i64.shr_u (local.get $rax) (i64.const 5))))
      ;; +0x105  JB $+0xa
      (if (i32.and (local.get $flags_cf_of) (i32.const 1))
        (then
          (local.set $flags_kind (i32.const 64))
          (br $block2)))
      ;; 1: +0x107
      (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
      ;; +0x107  BTS RAX, RCX
      (local.set $rax
        (i64.or
          (local.get $rax)
          (i64.shl (i64.const 1) (i64.extend_i32_u (i32.wrap_i64 (local.get $rcx))))))
      ;; +0x10b  BSF RDX, RAX
      (if (i64.ne (local.get $rax) (i64.const 0))
        (then
          (local.set $rdx (i64.ctz (local.get $rax)))))
      (local.set $flags_a (local.get $rax))
      (local.set $flags_kind (i32.const 12))
      (br $block2))
    ;; 2: +0x10f
    (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
    ;; +0x10f  RET
    (local.set 15 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 15
              (call $translate (; bail at +0x10f, 1 not executed, flags of $flags_kind ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 35552769)))
            (i32.const 1)))))
    (local.set 16 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 15))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 16) (i64.const 16)) (i64.const 16)) (local.get 16))
      (then
        (i32.store offset=WHERE (; bail at +0x10f, 1 not executed, flags of $flags_kind ;)
          (i32.const 0)
          (i32.const 35552769))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 17 (local.get 16))
    (local.set 16 (i64.sub (local.get 17) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 16)))
    (if (local.get $flags_kind)
      (then
        (call $materializeFlags
          (local.get $flags_kind)
          (local.get $flags_a)
          (local.get $flags_b)
          (local.get $flags_r)
          (local.get $flags_cf_of)
          (local.get $flags_step))))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RDX (i32.const 0) (local.get $rdx))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 17)))
  (if
    (i32.eq
      (i32.and
        (local.tee 18
          (i32.and
            (i32.shr_u (local.tee 15 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
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
  (i64.store offset=RDX (i32.const 0) (local.get $rdx))
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
