(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 3))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i32.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set 13 (local.tee 14 (i64.load offset=RAX (i32.const 0))))
  (local.set $eax (i32.wrap_i64 (local.get 14)))
  (local.set 13 (i64.or (local.tee 14 (i64.load offset=RSP (i32.const 0))) (local.get 13)))
  (local.set $esp (i32.wrap_i64 (local.get 14)))
  (if (; unlikely ;) (i32.wrap_i64 (i64.shr_u (local.get 13) (i64.const 32)))
    (then
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
    ;; +0x100  MOV EAX, dword GS:[0x14]
    (local.set 13 (i64.const 20))
    (if (; unlikely ;)
      (i32.or
        (i32.eqz (i32.and (i32.load offset=GS.fast (i32.const 0)) (i32.const 1)))
        (i64.gt_u
          (i64.add (local.get 13) (i64.const 3))
          (i64.load32_u offset=GS.limit (i32.const 0))))
      (then
        (i32.store offset=WHERE (; bail at +0x100, 3 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 33554435))
        (br $tail)))
    (local.set 13
      (i64.and
        (i64.add (local.get 13) (i64.load offset=GS.base (i32.const 0)))
        (i64.const 4294967295)))
    (local.set 15 (i32.wrap_i64 (local.get 13)))
    (local.set 16 (i32.load offset=READ_CELL[16].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[16].tag (local.get $tlb_table))
        (i64.extend_i32_u (i32.and (local.get 15) (i32.const -4093))))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x100, 3 not executed, flags in the state ;)
                (i64.extend_i32_u (local.get 15))
                (local.get $tlb_table)
                (i32.const 41435140)
                (i32.const 33554435)))
            (i32.const 1)))))
    (local.set 15 (i32.load (i32.add (local.get 15) (local.get 16))))
    (local.set $eax (local.get 15))
    ;; +0x107  MOV dword SS:[ESP+0x4], EAX
    (local.set 15 (i32.add (local.get $esp) (i32.const 4)))
    (local.set 17 (i32.add (local.get 15) (i32.const -4)))
    (if (; unlikely ;) (i32.gt_u (i32.and (local.get 17) (i32.const 4095)) (i32.const 4088))
      (then
        (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; bail at +0x107, 2 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 34471938))
        (br $tail)))
    (local.set 18 (i32.load offset=WRITE_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=WRITE_CELL[RSP].tag (local.get $tlb_table))
        (i64.extend_i32_u (i32.and (local.get 17) (i32.const -4096))))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 18
              (call $translate (; bail at +0x107, 2 not executed, flags in the state ;)
                (i64.extend_i32_u (local.get 15))
                (local.get $tlb_table)
                (i32.const 41423620)
                (i32.const 34471938)))
            (i32.const 1)))))
    (local.set 16 (i32.add (local.get 17) (local.get 18)))
    (i32.store offset=4 (local.get 16) (local.get $eax))
    ;; +0x10b  RET
    (local.set 15 (i32.load (local.get 16)))
    (i32.add (local.get $esp) (i32.const 4))
    (local.set 17 (local.get $esp))
    (local.set $esp)
    (local.set 13 (i64.extend_i32_u (local.get 15)))
    (local.set 15 (i32.sub (i32.wrap_i64 (local.get 13)) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (local.get 15))
    (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
    (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 13)))
  (if
    (i32.eq
      (i32.and
        (local.tee 15
          (i32.and
            (i32.shr_u (local.tee 17 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 15 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 15)
    (i64.extend_i32_u (local.get $flags_a))
    (i64.extend_i32_u (local.get $flags_b))
    (i64.extend_i32_u (local.get $flags_r))
    (local.get $flags_cf_of)
    (i64.extend_i32_u (local.get $flags_step)))
  (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
  (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
  (local.set $budget (i32.add (i32.and (local.get 17) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 13
    (i64.extend_i32_u
      (i32.add
        (local.get $rip_base)
        (i32.and (i32.shr_u (local.get 17) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 17) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 13))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 13)))
