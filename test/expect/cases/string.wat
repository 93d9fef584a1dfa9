(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 4))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rcx (i64.load offset=RCX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 4)))
    ;; +0x100  MOV ECX, 0x10
    (local.set $rcx (i64.const 16))
    ;; +0x105  MOVS AL
    (local.set 16 (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table))
        (i64.and (local.get $rsi) (i64.const -4096)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x105, 3 not executed, flags in the state ;)
                (local.get $rsi)
                (local.get $tlb_table)
                (i32.const 41424897)
                (i32.const 34209795)))
            (i32.const 1)))))
    (local.set 16 (i32.load8_u (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 16))))
    (local.set 17 (i32.load offset=WRITE_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=WRITE_CELL[RDI].tag (local.get $tlb_table))
        (i64.and (local.get $rdi) (i64.const -4096)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x105, 3 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 41426177)
                (i32.const 34209795)))
            (i32.const 1)))))
    (i32.store8 (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get 17)) (local.get 16))
    (local.set 16 (i32.load offset=flags (i32.const 0)))
    (local.set 18
      (i64.extend_i32_s
        (i32.sub (i32.const 1) (i32.and (i32.shr_u (local.get 16) (i32.const 9)) (i32.const 2)))))
    (local.set $rsi (i64.add (local.get $rsi) (local.get 18)))
    (local.set $rdi (i64.add (local.get $rdi) (local.get 18)))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RCX (i32.const 0) (local.get $rcx))
    (i64.store offset=RDI (i32.const 0) (local.get $rdi))
    (i32.store offset=BUDGET (i32.const 0) (i32.add (local.get $budget) (i32.const 2)))
    (local.set 16 (call $repeatString (i32.const 6) (i32.const 1)))
    (local.set $rcx (i64.load offset=RCX (i32.const 0)))
    (local.set $rdi (i64.load offset=RDI (i32.const 0)))
    (local.set $budget
      (i32.sub (i32.sub (i32.load offset=BUDGET (i32.const 0)) (i32.const 1)) (local.get 16)))
    (if (; unlikely ;) (local.get 16)
      (then
        (i32.store offset=WHERE (; bail at +0x106, 2 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 34340866))
        (br $tail)))
    ;; +0x106  rep STOS EAX
    (local.set 16 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x108, 1 not executed, flags in the state ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 34603009)))
            (i32.const 1)))))
    (local.set 18 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 16))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 18) (i64.const 16)) (i64.const 16)) (local.get 18))
      (then
        (i32.store offset=WHERE (; bail at +0x108, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 34603009))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 19 (local.get 18))
    (local.set 18 (i64.sub (local.get 19) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 18)))
    (i64.store offset=RCX (i32.const 0) (local.get $rcx))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i64.store offset=RSI (i32.const 0) (local.get $rsi))
    (i64.store offset=RDI (i32.const 0) (local.get $rdi))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 19)))
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
  (i64.store offset=RCX (i32.const 0) (local.get $rcx))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (i64.store offset=RSI (i32.const 0) (local.get $rsi))
  (i64.store offset=RDI (i32.const 0) (local.get $rdi))
  (local.set $budget (i32.add (i32.and (local.get 16) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 19
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 16) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 16) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 19))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 19)))
