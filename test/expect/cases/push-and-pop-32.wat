(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i32.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set 14 (local.tee 15 (i64.load offset=RAX (i32.const 0))))
  (local.set $eax (i32.wrap_i64 (local.get 15)))
  (local.set 14 (i64.or (local.tee 15 (i64.load offset=RSP (i32.const 0))) (local.get 14)))
  (local.set $esp (i32.wrap_i64 (local.get 15)))
  (local.set 14 (i64.or (local.tee 15 (i64.load offset=RBP (i32.const 0))) (local.get 14)))
  (local.set $ebp (i32.wrap_i64 (local.get 15)))
  (if (; unlikely ;) (i32.wrap_i64 (i64.shr_u (local.get 14) (i64.const 32)))
    (then
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 6)))
    ;; +0x100  PUSH EBP
    (local.set 16 (i32.sub (local.get $esp) (i32.const 4)))
    (local.set 18 (i32.add (local.get 16) (i32.const -4)))
    (if (; unlikely ;) (i32.gt_u (i32.and (local.get 18) (i32.const 4095)) (i32.const 4080))
      (then
        (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; bail at +0x100, 6 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 33554438))
        (br $tail)))
    (local.set 19 (i32.load offset=WRITE_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=WRITE_CELL[RSP].tag (local.get $tlb_table))
        (i64.extend_i32_u (i32.and (local.get 18) (i32.const -4096))))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 19
              (call $translate (; bail at +0x100, 6 not executed, flags in the state ;)
                (i64.extend_i32_u (local.get 16))
                (local.get $tlb_table)
                (i32.const 41423620)
                (i32.const 33554438)))
            (i32.const 1)))))
    (local.set 17 (i32.add (local.get 18) (local.get 19)))
    (i32.store offset=4 (local.get 17) (local.get $ebp))
    (local.set $esp (i32.sub (local.get $esp) (i32.const 4)))
    ;; +0x101  MOV EBP, ESP
    (local.set $ebp (local.get $esp))
    ;; +0x103  PUSH dword SS:[EBP+0x8]
    (local.set 16 (i32.load offset=12 (local.get 17)))
    (i32.store (local.get 17) (local.get 16))
    (i32.sub (local.get $esp) (i32.const 4))
    (local.set 16 (local.get $esp))
    (local.set 16 (i32.sub (local.get 16) (i32.const 4)))
    (local.set $esp)
    ;; +0x106  POP EAX
    (local.set 16 (i32.load (local.get 17)))
    (i32.add (local.get $esp) (i32.const 4))
    (local.set 18 (local.get $esp))
    (local.set $esp)
    (local.set $eax (local.get 16))
    ;; +0x107  LEAVE
    (local.set 18 (i32.load offset=4 (local.get 17)))
    (local.set $esp (i32.add (local.get $ebp) (i32.const 4)))
    (local.get 18)
    (local.set 18 (local.get $ebp))
    (local.set $ebp)
    ;; +0x108  RET 0x4
    (local.set 18 (i32.load offset=8 (local.get 17)))
    (i32.add (local.get $esp) (i32.const 8))
    (local.set 16 (local.get $esp))
    (local.set $esp)
    (local.set 14 (i64.extend_i32_u (local.get 18)))
    (local.set 18 (i32.sub (i32.wrap_i64 (local.get 14)) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (local.get 18))
    (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
    (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
    (i64.store offset=RBP (i32.const 0) (i64.extend_i32_u (local.get $ebp)))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 14)))
  (if
    (i32.eq
      (i32.and
        (local.tee 18
          (i32.and
            (i32.shr_u (local.tee 16 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 18 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 18)
    (i64.extend_i32_u (local.get $flags_a))
    (i64.extend_i32_u (local.get $flags_b))
    (i64.extend_i32_u (local.get $flags_r))
    (local.get $flags_cf_of)
    (i64.extend_i32_u (local.get $flags_step)))
  (i64.store offset=RAX (i32.const 0) (i64.extend_i32_u (local.get $eax)))
  (i64.store offset=RSP (i32.const 0) (i64.extend_i32_u (local.get $esp)))
  (i64.store offset=RBP (i32.const 0) (i64.extend_i32_u (local.get $ebp)))
  (local.set $budget (i32.add (i32.and (local.get 16) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 14
    (i64.extend_i32_u
      (i32.add
        (local.get $rip_base)
        (i32.and (i32.shr_u (local.get 16) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 16) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 14))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 14)))
