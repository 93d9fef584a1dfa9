(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 3))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=WRITE_CELL[RDI].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=WRITE_CELL[RDI].addend (local.get $tlb_table)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
    ;; +0x100  ADD dword DS:[RDI], EAX
    (if (; unlikely ;)
      (i32.gt_u (i32.and (i32.wrap_i64 (local.get $rdi)) (i32.const 4095)) (i32.const 4088))
      (then
        (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; bail at +0x100, 3 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 33554435))
        (br $tail)))
    (if (; unlikely ;) (i64.ne (local.get $page0_tag) (i64.and (local.get $rdi) (i64.const -4096)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee $page0_addend
              (call $translate (; bail at +0x100, 3 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 41426180)
                (i32.const 33554435)))
            (i32.const 1)))
        (local.set $page0_tag (i64.and (local.get $rdi) (i64.const -4096)))))
    (local.set 16 (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get $page0_addend)))
    (local.set 17 (i32.load (local.get 16)))
    (local.set 18 (i32.add (local.get 17) (i32.wrap_i64 (local.get $rax))))
    (i32.store (local.get 16) (local.get 18))
    (local.set $flags_a (i64.extend_i32_u (local.get 18)))
    (local.set $flags_b (i64.extend_i32_u (i32.wrap_i64 (local.get $rax))))
    ;; +0x102  INC dword DS:[RDI+0x4]
    (local.set 19 (i64.add (local.get $rdi) (i64.const 4)))
    (local.set 17 (i32.load offset=4 (local.get 16)))
    (local.set 18 (i32.add (local.get 17) (i32.const 1)))
    (i32.store offset=4 (local.get 16) (local.get 18))
    (local.set $flags_step (i64.extend_i32_u (local.get 18)))
    (local.set $flags_kind (i32.const 1303))
    ;; +0x105  RET
    (local.set 16 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x105, 1 not executed, flags of $flags_kind ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 34242049)))
            (i32.const 1)))))
    (local.set 19 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 16))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 19) (i64.const 16)) (i64.const 16)) (local.get 19))
      (then
        (i32.store offset=WHERE (; bail at +0x105, 1 not executed, flags of $flags_kind ;)
          (i32.const 0)
          (i32.const 34242049))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 20 (local.get 19))
    (local.set 19 (i64.sub (local.get 20) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 19)))
    (call $materializeFlags
      (i32.const 1303)
      (local.get $flags_a)
      (local.get $flags_b)
      (local.get $flags_r)
      (local.get $flags_cf_of)
      (local.get $flags_step))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 20)))
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
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 16) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 20
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 16) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 16) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 20))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 20)))
