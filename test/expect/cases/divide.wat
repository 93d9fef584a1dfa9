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
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 5)))
    ;; +0x100  XOR EDX, EDX
    (local.set $rdx (i64.const 0))
    (local.set $flags_a (i64.const 0))
    ;; +0x102  DIV ECX
    (if (; unlikely ;) (i32.ge_u (i32.wrap_i64 (local.get $rdx)) (i32.wrap_i64 (local.get $rcx)))
      (then
        (i32.store offset=WHERE (; bail at +0x102, 4 not executed, flags of LOGIC 32 ;)
          (i32.const 0)
          (i32.const 33822212))
        (br $tail)))
    (local.set 16
      (i64.or
        (i64.shl (i64.extend_i32_u (i32.wrap_i64 (local.get $rdx))) (i64.const 32))
        (i64.extend_i32_u (i32.wrap_i64 (local.get $rax)))))
    (local.set 17 (i64.extend_i32_u (i32.wrap_i64 (local.get $rcx))))
    (local.set 18 (i64.div_u (local.get 16) (local.get 17)))
    (local.set $rax (i64.extend_i32_u (i32.wrap_i64 (local.get 18))))
    (local.set $rdx
      (i64.extend_i32_u
        (i32.wrap_i64 (i64.sub (local.get 16) (i64.mul (local.get 18) (local.get 17))))))
    ;; +0x104  CWD
    (local.set $rdx (i64.extend_i32_u (i32.shr_s (i32.wrap_i64 (local.get $rax)) (i32.const 31))))
    ;; +0x105  IDIV dword DS:[RSI]
    (local.set 19 (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table))
        (i64.and (local.get $rsi) (i64.const -4093)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 19
              (call $translate (; bail at +0x105, 2 not executed, flags of LOGIC 32 ;)
                (local.get $rsi)
                (local.get $tlb_table)
                (i32.const 41424900)
                (i32.const 34215426)))
            (i32.const 1)))))
    (local.set 19 (i32.load (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 19))))
    (if (; unlikely ;) (i32.eqz (local.get 19))
      (then
        (i32.store offset=WHERE (; bail at +0x105, 2 not executed, flags of LOGIC 32 ;)
          (i32.const 0)
          (i32.const 34215426))
        (br $tail)))
    (local.set 17
      (i64.or
        (i64.shl (i64.extend_i32_u (i32.wrap_i64 (local.get $rdx))) (i64.const 32))
        (i64.extend_i32_u (i32.wrap_i64 (local.get $rax)))))
    (local.set 18 (i64.extend_i32_s (local.get 19)))
    (if (; unlikely ;)
      (i32.and
        (i64.eq (local.get 17) (i64.const -9223372036854775808))
        (i64.eq (local.get 18) (i64.const -1)))
      (then
        (i32.store offset=WHERE (; bail at +0x105, 2 not executed, flags of LOGIC 32 ;)
          (i32.const 0)
          (i32.const 34215426))
        (br $tail)))
    (local.set 16 (i64.div_s (local.get 17) (local.get 18)))
    (if (; unlikely ;) (i64.ne (i64.extend32_s (local.get 16)) (local.get 16))
      (then
        (i32.store offset=WHERE (; bail at +0x105, 2 not executed, flags of LOGIC 32 ;)
          (i32.const 0)
          (i32.const 34215426))
        (br $tail)))
    (local.set $rax (i64.extend_i32_u (i32.wrap_i64 (local.get 16))))
    (local.set $rdx
      (i64.extend_i32_u
        (i32.wrap_i64 (i64.sub (local.get 17) (i64.mul (local.get 16) (local.get 18))))))
    ;; +0x107  RET
    (local.set 19 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 19
              (call $translate (; bail at +0x107, 1 not executed, flags of LOGIC 32 ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 34477569)))
            (i32.const 1)))))
    (local.set 18 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 19))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 18) (i64.const 16)) (i64.const 16)) (local.get 18))
      (then
        (i32.store offset=WHERE (; bail at +0x107, 1 not executed, flags of LOGIC 32 ;)
          (i32.const 0)
          (i32.const 34477569))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 16 (local.get 18))
    (local.set 18 (i64.sub (local.get 16) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 18)))
    (i64.store offset=flagResult (i32.const 0) (i64.extend32_s (local.get $flags_a)))
    (i32.store offset=flagAux (i32.const 0) (i32.const 0))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RDX (i32.const 0) (local.get $rdx))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 16)))
  (if
    (i32.eq
      (i32.and
        (local.tee 20
          (i32.and
            (i32.shr_u (local.tee 19 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 20 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 20)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RDX (i32.const 0) (local.get $rdx))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 19) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 16
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 19) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 19) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 16))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 16)))
