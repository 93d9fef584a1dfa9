(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 5))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (if (; unlikely ;)
    (i32.or
      (i32.load offset=sseTrap (i32.const 0))
      (i32.xor (i32.and (i32.load offset=mxcsr (i32.const 0)) (i32.const 32672)) (i32.const 8096)))
    (then
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (local.set $xmm0 (v128.load offset=XMM0 (i32.const 0)))
  (local.set $xmm1 (v128.load offset=XMM1 (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 5)))
    ;; +0x100  MOVSD XMM0, qword DS:[RDI]
    (local.set 16 (i32.load offset=READ_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RDI].tag (local.get $tlb_table))
        (i64.and (local.get $rdi) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x100, 5 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 41425928)
                (i32.const 33554437)))
            (i32.const 1)))))
    (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get 16))))
    (local.set $xmm0
      (i64x2.replace_lane 0
        (v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000)
        (local.get 17)))
    ;; +0x104  ADDSD XMM0, qword DS:[RSI]
    (local.set 16 (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table))
        (i64.and (local.get $rsi) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x104, 4 not executed, flags in the state ;)
                (local.get $rsi)
                (local.get $tlb_table)
                (i32.const 41424904)
                (i32.const 34078724)))
            (i32.const 1)))))
    (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 16))))
    (local.set 18
      (f64.add (f64x2.extract_lane 0 (local.get $xmm0)) (f64.reinterpret_i64 (local.get 17))))
    (local.set 19
      (i64.sub (i64.shl (i64x2.extract_lane 0 (local.get $xmm0)) (i64.const 1)) (i64.const 1)))
    (local.set 20 (i64.sub (i64.shl (local.get 17) (i64.const 1)) (i64.const 1)))
    (local.set 16
      (i64.ge_u
        (select (local.get 20) (local.get 19) (i64.lt_u (local.get 20) (local.get 19)))
        (i64.const 9007199254740991)))
    (local.set 19 (i64x2.extract_lane 0 (local.get $xmm0)))
    (if (; likely ;)
      (i32.and
        (i64.lt_u
          (i64.sub
            (i64.shl (i64.reinterpret_f64 (local.get 18)) (i64.const 1))
            (i64.const 9007199254740993))
          (i64.const -18014398509481985))
        (local.get 16))
      (then
        (local.set $xmm0 (f64x2.replace_lane 0 (local.get $xmm0) (local.get 18))))
      (else
        (if (; likely ;)
          (i32.and
            (local.get 16)
            (i64.eqz (i64.shl (i64.reinterpret_f64 (local.get 18)) (i64.const 1))))
          (then
            (local.set $xmm0 (f64x2.replace_lane 0 (local.get $xmm0) (local.get 18))))
          (else
            (i64.store offset=scratch[0] (i32.const 0) (local.get 19))
            (i64.store offset=scratch[1] (i32.const 0) (local.get 17))
            (i32.store offset=WHERE (; bail at +0x104, 4 not executed, flags in the state ;)
              (i32.const 0)
              (i32.const 34078724))
            (br $tail)
            (local.set 17 (i64.load offset=scratch[2] (i32.const 0)))
            (local.set $xmm0 (i64x2.replace_lane 0 (local.get $xmm0) (local.get 17)))))))
    ;; +0x108  MULSD XMM0, XMM1
    (local.set 18
      (f64.mul (f64x2.extract_lane 0 (local.get $xmm0)) (f64x2.extract_lane 0 (local.get $xmm1))))
    (local.set 17
      (i64.sub (i64.shl (i64x2.extract_lane 0 (local.get $xmm0)) (i64.const 1)) (i64.const 1)))
    (local.set 19
      (i64.sub (i64.shl (i64x2.extract_lane 0 (local.get $xmm1)) (i64.const 1)) (i64.const 1)))
    (local.set 16
      (i64.ge_u
        (select (local.get 19) (local.get 17) (i64.lt_u (local.get 19) (local.get 17)))
        (i64.const 9007199254740991)))
    (local.set 17 (i64x2.extract_lane 0 (local.get $xmm0)))
    (if (; likely ;)
      (i32.and
        (i64.lt_u
          (i64.sub
            (i64.shl (i64.reinterpret_f64 (local.get 18)) (i64.const 1))
            (i64.const 9007199254740993))
          (i64.const -18014398509481985))
        (local.get 16))
      (then
        (local.set $xmm0 (f64x2.replace_lane 0 (local.get $xmm0) (local.get 18))))
      (else
        (if (; likely ;)
          (i32.and
            (i32.and
              (local.get 16)
              (i64.eqz (i64.shl (i64.reinterpret_f64 (local.get 18)) (i64.const 1))))
            (i32.or
              (i64.eqz (i64.shl (local.get 17) (i64.const 1)))
              (i64.eqz (i64.shl (i64x2.extract_lane 0 (local.get $xmm1)) (i64.const 1)))))
          (then
            (local.set $xmm0 (f64x2.replace_lane 0 (local.get $xmm0) (local.get 18))))
          (else
            (i64.store offset=scratch[0] (i32.const 0) (local.get 17))
            (i64.store offset=scratch[1] (i32.const 0) (i64x2.extract_lane 0 (local.get $xmm1)))
            (i32.store offset=WHERE (; bail at +0x108, 3 not executed, flags in the state ;)
              (i32.const 0)
              (i32.const 34603011))
            (br $tail)
            (local.set 17 (i64.load offset=scratch[2] (i32.const 0)))
            (local.set $xmm0 (i64x2.replace_lane 0 (local.get $xmm0) (local.get 17)))))))
    ;; +0x10c  MOVSD qword DS:[RDI], XMM0
    (local.set 16 (i32.load offset=WRITE_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=WRITE_CELL[RDI].tag (local.get $tlb_table))
        (i64.and (local.get $rdi) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x10c, 2 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 41426184)
                (i32.const 35127298)))
            (i32.const 1)))))
    (i64.store
      (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get 16))
      (i64x2.extract_lane 0 (local.get $xmm0)))
    ;; +0x110  RET
    (local.set 16 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x110, 1 not executed, flags in the state ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 35651585)))
            (i32.const 1)))))
    (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 16))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 17) (i64.const 16)) (i64.const 16)) (local.get 17))
      (then
        (i32.store offset=WHERE (; bail at +0x110, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 35651585))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 19 (local.get 17))
    (local.set 17 (i64.sub (local.get 19) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 17)))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (v128.store offset=XMM0 (i32.const 0) (local.get $xmm0))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 19)))
  (if
    (i32.eq
      (i32.and
        (local.tee 21
          (i32.and
            (i32.shr_u (local.tee 16 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 21 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 21)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (v128.store offset=XMM0 (i32.const 0) (local.get $xmm0))
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
