(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 1))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (block
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
    ;; +0x100  MOV EAX, 0x1
    (local.set $rax (i64.const 1))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (if (; likely ;) (local.tee 12 (i32.load offset=LINK_CELL[0] (i32.const 0)))
      (then
        (return_call_indirect 0 (param i32) (local.get 12) (i32.load (local.get 12)))))
    (return_call $branchFlat
      (i32.const LINK_CELL[0]-D_LINK)
      (i64.add (local.get $rip_base) (i64.const 261))))
  (if
    (i32.eq
      (i32.and
        (local.tee 13
          (i32.and
            (i32.shr_u (local.tee 12 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 13 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 13)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (local.set $budget (i32.add (i32.and (local.get 12) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 14
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 12) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 12) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 14))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 14)))
