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
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
    ;; +0x100  MOV EDI, 0x3
    (local.set $rdi (i64.const 3))
    ;; +0x105  CALL $+0x9
    (local.set 14 (i64.add (local.get $rip_base) (i64.const 266)))
    (local.set 15 (i64.sub (local.get $rsp) (i64.const 8)))
    (if (; unlikely ;)
      (i32.gt_u (i32.and (i32.wrap_i64 (local.get 15)) (i32.const 4095)) (i32.const 4080))
      (then
        (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; bail at +0x105, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 34209793))
        (br $tail)))
    (local.set 17 (i32.load offset=WRITE_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=WRITE_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get 15) (i64.const -4096)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 17
              (call $translate (; bail at +0x105, 1 not executed, flags in the state ;)
                (local.get 15)
                (local.get $tlb_table)
                (i32.const 41423624)
                (i32.const 34209793)))
            (i32.const 1)))))
    (local.set 16 (i32.add (i32.wrap_i64 (local.get 15)) (local.get 17)))
    (i64.store (local.get 16) (local.get 14))
    (local.set $rsp (local.get 15))
    ;; 1: +0x10e
    (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
    ;; +0x10e  LEA EAX, area DS:[RDI+RDI]
    (local.set $rax (i64.extend_i32_u (i32.wrap_i64 (i64.add (local.get $rdi) (local.get $rdi)))))
    ;; +0x111  RET
    (local.set 15 (i64.load (local.get 16)))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 15) (i64.const 16)) (i64.const 16)) (local.get 15))
      (then
        (i32.store offset=WHERE (; bail at +0x111, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 35782657))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 14 (local.get 15))
    (local.set 15 (i64.sub (local.get 14) (local.get $rip_base)))
    (if (i64.eq (local.get 15) (i64.const 266))
      (then
        ;; 2: +0x10a
        (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
        ;; +0x10a  ADD EAX, 0x1
        (local.set 17 (i32.add (i32.wrap_i64 (local.get $rax)) (i32.const 1)))
        (i64.extend_i32_u (local.get 17))
        (local.set 18 (i32.wrap_i64 (local.get $rax)))
        (local.set $rax)
        (local.set $flags_a (i64.extend_i32_u (local.get 17)))
        (local.set $flags_b (i64.const 1))
        ;; +0x10d  RET
        (local.set 19 (i64.load offset=8 (local.get 16)))
        (if (; unlikely ;)
          (i64.ne (i64.shr_s (i64.shl (local.get 19) (i64.const 16)) (i64.const 16)) (local.get 19))
          (then
            (i32.store offset=WHERE (; bail at +0x10d, 1 not executed, flags of SUM 32 ;)
              (i32.const 0)
              (i32.const 35270145))
            (br $tail)))
        (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
        (local.set 20 (local.get 19))
        (local.set 19 (i64.sub (local.get 20) (local.get $rip_base)))
        (i32.store offset=LINK_CELL[1] (i32.const 0) (i32.wrap_i64 (local.get 19)))
        (local.set 18 (i32.wrap_i64 (local.get $flags_a)))
        (i64.store offset=flagResult (i32.const 0) (i64.extend_i32_s (local.get 18)))
        (local.set 17
          (i32.or
            (i32.and
              (i32.sub (i32.wrap_i64 (local.get $flags_a)) (i32.wrap_i64 (local.get $flags_b)))
              (i32.wrap_i64 (local.get $flags_b)))
            (i32.and
              (i32.or
                (i32.sub (i32.wrap_i64 (local.get $flags_a)) (i32.wrap_i64 (local.get $flags_b)))
                (i32.wrap_i64 (local.get $flags_b)))
              (i32.xor (local.get 18) (i32.const -1)))))
        (i32.store offset=flagAux
          (i32.const 0)
          (i32.or
            (i32.shl (i32.shr_u (local.get 17) (i32.const 30)) (i32.const 30))
            (i32.and (local.get 17) (i32.const 8))))
        (i64.store offset=RAX (i32.const 0) (local.get $rax))
        (i64.store offset=RSP (i32.const 0) (local.get $rsp))
        (i64.store offset=RDI (i32.const 0) (local.get $rdi))
        (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
        (return_call $jumpFlat (local.get 20))))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 15)))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i64.store offset=RDI (i32.const 0) (local.get $rdi))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 14)))
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
  (i64.store offset=RDI (i32.const 0) (local.get $rdi))
  (local.set $budget (i32.add (i32.and (local.get 17) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 14
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 17) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 17) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 14))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 14)))
