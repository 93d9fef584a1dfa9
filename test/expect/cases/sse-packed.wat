(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (if (; unlikely ;) (i32.load offset=sseTrap (i32.const 0))
    (then
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (local.set $xmm0 (v128.load offset=XMM0 (i32.const 0)))
  (local.set $xmm1 (v128.load offset=XMM1 (i32.const 0)))
  (local.set $xmm2 (v128.load offset=XMM2 (i32.const 0)))
  (local.set $xmm3 (v128.load offset=XMM3 (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 6)))
    ;; +0x100  MOVDQU XMM0, oword DS:[RDI]
    (local.set 17 (i32.load offset=READ_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i32.or
        (i64.ne
          (i64.load offset=READ_CELL[RDI].tag (local.get $tlb_table))
          (i64.and (local.get $rdi) (i64.const -4096)))
        (i32.gt_u (i32.and (i32.wrap_i64 (local.get $rdi)) (i32.const 4095)) (i32.const 4080)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x100, 6 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 41425936)
                (i32.const 33554438)))
            (i32.const 1)))))
    (local.set 18 (v128.load (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get 17))))
    (local.set $xmm0 (local.get 18))
    ;; +0x104  PADDD XMM0, XMM1
    (local.set $xmm0 (i32x4.add (local.get $xmm0) (local.get $xmm1)))
    ;; +0x108  PXOR XMM0, XMM2
    (local.set $xmm0 (v128.xor (local.get $xmm0) (local.get $xmm2)))
    ;; +0x10c  PSHUFD XMM3, XMM0, 0x1b
    (local.set $xmm3
      (i8x16.swizzle
        (local.get $xmm0)
        (v128.const i32x4 0x0f0e0d0c 0x0b0a0908 0x07060504 0x03020100)))
    ;; +0x111  MOVDQU oword DS:[RDI], XMM3
    (local.set 17 (i32.load offset=WRITE_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i32.or
        (i64.ne
          (i64.load offset=WRITE_CELL[RDI].tag (local.get $tlb_table))
          (i64.and (local.get $rdi) (i64.const -4096)))
        (i32.gt_u (i32.and (i32.wrap_i64 (local.get $rdi)) (i32.const 4095)) (i32.const 4080)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x111, 2 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 41426192)
                (i32.const 35782658)))
            (i32.const 1)))))
    (v128.store (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get 17)) (local.get $xmm3))
    ;; +0x115  RET
    (local.set 17 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x115, 1 not executed, flags in the state ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 36306945)))
            (i32.const 1)))))
    (local.set 19 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 17))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 19) (i64.const 16)) (i64.const 16)) (local.get 19))
      (then
        (i32.store offset=WHERE (; bail at +0x115, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 36306945))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 20 (local.get 19))
    (local.set 19 (i64.sub (local.get 20) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 19)))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (v128.store offset=XMM0 (i32.const 0) (local.get $xmm0))
    (v128.store offset=XMM3 (i32.const 0) (local.get $xmm3))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 20)))
  (if
    (i32.eq
      (i32.and
        (local.tee 21
          (i32.and
            (i32.shr_u (local.tee 17 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
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
  (v128.store offset=XMM3 (i32.const 0) (local.get $xmm3))
  (local.set $budget (i32.add (i32.and (local.get 17) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 20
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 17) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 17) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 20))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 20)))
