(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 4))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (if (; unlikely ;) (i32.load offset=sseTrap (i32.const 0))
    (then
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $xmm0 (v128.load offset=XMM0 (i32.const 0)))
  (local.set $xmm1 (v128.load offset=XMM1 (i32.const 0)))
  (block $tail
    (block $loop0
      (loop $tail
        ;; 0: +0x100
        (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
        ;; +0x100  UCOMISD XMM0, XMM1
        (local.set 15 (f64x2.extract_lane 0 (local.get $xmm0)))
        (local.set 16 (f64x2.extract_lane 0 (local.get $xmm1)))
        (local.set 17 (f64.lt (local.get 15) (local.get 16)))
        (local.set 18 (f64.eq (local.get 15) (local.get 16)))
        (local.set 19
          (i64.sub (i64.shl (i64x2.extract_lane 0 (local.get $xmm0)) (i64.const 1)) (i64.const 1)))
        (local.set 20
          (i64.sub (i64.shl (i64x2.extract_lane 0 (local.get $xmm1)) (i64.const 1)) (i64.const 1)))
        (local.set 21 (i32.or (local.get 17) (i32.shl (local.get 18) (i32.const 6))))
        (if (; unlikely ;)
          (i32.eqz
            (i32.and
              (i32.or (i32.or (local.get 17) (local.get 18)) (f64.gt (local.get 15) (local.get 16)))
              (i64.ge_u
                (select (local.get 20) (local.get 19) (i64.lt_u (local.get 20) (local.get 19)))
                (i64.const 9007199254740991))))
          (then
            (i64.store offset=scratch[0] (i32.const 0) (i64x2.extract_lane 0 (local.get $xmm0)))
            (i64.store offset=scratch[1] (i32.const 0) (i64x2.extract_lane 0 (local.get $xmm1)))
            (i32.store offset=WHERE (; bail at +0x100, 2 not executed, flags of $flags_kind ;)
              (i32.const 0)
              (i32.const 33586690))
            (br $tail)
            (local.set 18 (i32.const 0))
            (local.set 21 (local.get 18))))
        (local.set 18 (local.get 21))
        (call $flagsSetAll (local.get 18))
        ;; +0x104  JA $-0x4
        (if
          (i32.eqz
            (i32.or
              (i32.shr_u (i32.load offset=flagAux (i32.const 0)) (i32.const 31))
              (i64.eqz (i64.load offset=flagResult (i32.const 0)))))
          (then
            (local.set $flags_kind (i32.const 0))
            (br_if $loop0 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 4)))
            (br $tail)))
        ;; 1: +0x106
        (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
        ;; +0x106  CVTTSD2SI EAX, XMM0
        (local.set 16 (f64x2.extract_lane 0 (local.get $xmm0)))
        (local.set 18 (i32.trunc_sat_f64_s (local.get 16)))
        (local.set 17
          (i64.lt_u
            (i64.shl (i64x2.extract_lane 0 (local.get $xmm0)) (i64.const 1))
            (i64.const -8953156059220934656)))
        (local.set 22 (i32.load offset=mxcsr (i32.const 0)))
        (if (; likely ;)
          (i32.and
            (local.get 17)
            (i32.eq (i32.and (local.get 22) (i32.const 32736)) (i32.const 8096)))
          (then
            (local.set $rax (i64.extend_i32_u (local.get 18))))
          (else
            (if (; likely ;)
              (i32.and (local.get 17) (f64.eq (f64.convert_i32_s (local.get 18)) (local.get 16)))
              (then
                (local.set $rax (i64.extend_i32_u (local.get 18))))
              (else
                (i64.store offset=scratch[0] (i32.const 0) (i64x2.extract_lane 0 (local.get $xmm0)))
                (i32.store offset=WHERE (; bail at +0x106, 2 not executed, flags in the state ;)
                  (i32.const 0)
                  (i32.const 34340866))
                (br $tail)
                (local.set 18 (i32.load offset=scratch[2] (i32.const 0)))
                (local.set $rax (i64.extend_i32_u (local.get 18)))))))
        ;; +0x10a  RET
        (local.set 18 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
        (if (; unlikely ;)
          (i64.ne
            (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
            (i64.and (local.get $rsp) (i64.const -4089)))
          (then
            (br_if $tail (; unlikely ;)
              (i32.eq
                (local.tee 18
                  (call $translate (; bail at +0x10a, 1 not executed, flags in the state ;)
                    (local.get $rsp)
                    (local.get $tlb_table)
                    (i32.const 41423368)
                    (i32.const 34865153)))
                (i32.const 1)))))
        (local.set 19 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 18))))
        (if (; unlikely ;)
          (i64.ne (i64.shr_s (i64.shl (local.get 19) (i64.const 16)) (i64.const 16)) (local.get 19))
          (then
            (i32.store offset=WHERE (; bail at +0x10a, 1 not executed, flags in the state ;)
              (i32.const 0)
              (i32.const 34865153))
            (br $tail)))
        (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
        (local.set 20 (local.get 19))
        (local.set 19 (i64.sub (local.get 20) (local.get $rip_base)))
        (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 19)))
        (i64.store offset=RAX (i32.const 0) (local.get $rax))
        (i64.store offset=RSP (i32.const 0) (local.get $rsp))
        (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
        (return_call $jumpFlat (local.get 20))))
    (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
    (i32.store offset=WHERE (; to +0x100, flags of $flags_kind ;)
      (i32.const 0)
      (i32.const 33586688))
    (br $tail))
  (if
    (i32.eq
      (i32.and
        (local.tee 17
          (i32.and
            (i32.shr_u (local.tee 18 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
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
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 18) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 20
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 18) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 18) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 20))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 20)))
