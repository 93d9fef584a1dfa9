(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    (block $block3
      ;; 0: +0x100
      (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
      ;; +0x100  TEST RDI, RDI
      (local.set $flags_a (local.get $rdi))
      ;; +0x103  JS $+0x7
      (if (i64.lt_s (local.get $flags_a) (i64.const 0))
        (then
          ;; 2: +0x10a
          (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
          ;; +0x10a  SUB RAX, RDI
          (local.set 15 (i64.sub (local.get $rax) (local.get $rdi)))
          (local.get 15)
          (local.set 16 (local.get $rax))
          (local.set $rax)
          (local.set $flags_a (local.get 15))
          (local.set $flags_b (local.get $rdi))
          (local.set $flags_kind (i32.const 28))
          (br $block3)))
      ;; 1: +0x105
      (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
      ;; +0x105  ADD RAX, RDI
      (local.set 16 (i64.add (local.get $rax) (local.get $rdi)))
      (local.get 16)
      (local.set 15 (local.get $rax))
      (local.set $rax)
      (local.set $flags_a (local.get 16))
      (local.set $flags_b (local.get $rdi))
      ;; +0x108  JMP $+0x5
      (local.set $flags_kind (i32.const 24))
      (br $block3))
    ;; 3: +0x10d
    (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
    ;; +0x10d  MOV qword DS:[RSI], RAX
    (local.set 17 (i32.load offset=WRITE_CELL[RSI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=WRITE_CELL[RSI].tag (local.get $tlb_table))
        (i64.and (local.get $rsi) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x10d, 2 not executed, flags of $flags_kind ;)
                (local.get $rsi)
                (local.get $tlb_table)
                (i32.const 41425160)
                (i32.const 35290626)))
            (i32.const 1)))))
    (i64.store (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 17)) (local.get $rax))
    ;; +0x110  RET
    (local.set 17 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x110, 1 not executed, flags of $flags_kind ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 35683841)))
            (i32.const 1)))))
    (local.set 15 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 17))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 15) (i64.const 16)) (i64.const 16)) (local.get 15))
      (then
        (i32.store offset=WHERE (; bail at +0x110, 1 not executed, flags of $flags_kind ;)
          (i32.const 0)
          (i32.const 35683841))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 16 (local.get 15))
    (local.set 15 (i64.sub (local.get 16) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 15)))
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
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 16)))
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
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 17) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 16
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 17) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 17) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 16))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 16)))
