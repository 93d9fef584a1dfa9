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
  (local.set $rdx (i64.load offset=RDX (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
    ;; +0x100  XOR EAX, EAX
    (local.set $rax (i64.const 0))
    (local.set $flags_a (i64.const 0))
    ;; +0x102  LEA RCX, area DS:[RDX+RDX*2]
    (local.set $rcx (i64.add (local.get $rdx) (i64.shl (local.get $rdx) (i64.const 1))))
    ;; +0x106  JMP RCX
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get $rcx) (i64.const 16)) (i64.const 16)) (local.get $rcx))
      (then
        (i32.store offset=WHERE (; bail at +0x106, 1 not executed, flags of LOGIC 32 ;)
          (i32.const 0)
          (i32.const 34346497))
        (br $tail)))
    (local.set 14 (local.get $rcx))
    (local.set 15 (i64.sub (local.get 14) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 15)))
    (i64.store offset=flagResult (i32.const 0) (i64.extend32_s (local.get $flags_a)))
    (i32.store offset=flagAux (i32.const 0) (i32.const 0))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RCX (i32.const 0) (local.get $rcx))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 14)))
  (if
    (i32.eq
      (i32.and
        (local.tee 17
          (i32.and
            (i32.shr_u (local.tee 16 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 17 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 17)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RCX (i32.const 0) (local.get $rcx))
  (local.set $budget (i32.add (i32.and (local.get 16) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 14
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 16) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 16) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 14))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 14)))
