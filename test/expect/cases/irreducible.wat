(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rcx (i64.load offset=RCX (i32.const 0)))
  (local.set $rbx (i64.load offset=RBX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (block $tail
    (block $block3
      ;; 0: +0x100
      (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
      ;; +0x100  TEST EAX, EAX
      (local.set $flags_a (i64.extend_i32_u (i32.wrap_i64 (local.get $rax))))
      ;; +0x102  JE $+0x5
      (if (i32.eqz (i32.wrap_i64 (local.get $flags_a)))
        (then
          ;; 1: +0x107
          (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
          ;; +0x107  ADD EBX, 0x2
          (local.set 15 (i32.add (i32.wrap_i64 (local.get $rbx)) (i32.const 2)))
          (i64.extend_i32_u (local.get 15))
          (local.set 16 (i32.wrap_i64 (local.get $rbx)))
          (local.set $rbx)
          (local.set $flags_a (i64.extend_i32_u (local.get 15)))
          (local.set $flags_b (i64.const 2))
          ;; +0x10a  DEC ECX
          (local.set 16 (i32.sub (i32.wrap_i64 (local.get $rcx)) (i32.const 1)))
          (i64.extend_i32_u (local.get 16))
          (local.set 15 (i32.wrap_i64 (local.get $rcx)))
          (local.set $rcx)
          (local.set $flags_step (i64.extend_i32_u (local.get 16)))
          (local.set $flags_kind (i32.const 1559))
          ;; +0x10c  JNE $-0x8
          (br_if $block3 (i32.eqz (i32.eqz (i32.wrap_i64 (local.get $flags_step)))))
          ;; 2: +0x10e
          (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
          ;; +0x10e  RET
          (local.set 15 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
          (if (; unlikely ;)
            (i64.ne
              (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
              (i64.and (local.get $rsp) (i64.const -4089)))
            (then
              (br_if $tail (; unlikely ;)
                (i32.eq
                  (local.tee 15
                    (call $translate (; bail at +0x10e, 1 not executed, flags of $flags_kind ;)
                      (local.get $rsp)
                      (local.get $tlb_table)
                      (i32.const 41423368)
                      (i32.const 35421697)))
                  (i32.const 1)))))
          (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 15))))
          (if (; unlikely ;)
            (i64.ne
              (i64.shr_s (i64.shl (local.get 17) (i64.const 16)) (i64.const 16))
              (local.get 17))
            (then
              (i32.store offset=WHERE (; bail at +0x10e, 1 not executed, flags of $flags_kind ;)
                (i32.const 0)
                (i32.const 35421697))
              (br $tail)))
          (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
          (local.set 18 (local.get 17))
          (local.set 17 (i64.sub (local.get 18) (local.get $rip_base)))
          (i32.store offset=LINK_CELL[1] (i32.const 0) (i32.wrap_i64 (local.get 17)))
          (call $materializeFlags
            (i32.const 1559)
            (local.get $flags_a)
            (local.get $flags_b)
            (local.get $flags_r)
            (local.get $flags_cf_of)
            (local.get $flags_step))
          (i64.store offset=RCX (i32.const 0) (local.get $rcx))
          (i64.store offset=RBX (i32.const 0) (local.get $rbx))
          (i64.store offset=RSP (i32.const 0) (local.get $rsp))
          (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
          (return_call $jumpFlat (local.get 18))))
      (br $block3))
    ;; 3: +0x104
    (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
    ;; +0x104  ADD EBX, 0x1
    (local.set 15 (i32.add (i32.wrap_i64 (local.get $rbx)) (i32.const 1)))
    (i64.extend_i32_u (local.get 15))
    (local.set 16 (i32.wrap_i64 (local.get $rbx)))
    (local.set $rbx)
    (local.set $flags_a (i64.extend_i32_u (local.get 15)))
    (local.set $flags_b (i64.const 1))
    (local.set 16 (i32.wrap_i64 (local.get $flags_a)))
    (i64.store offset=flagResult (i32.const 0) (i64.extend_i32_s (local.get 16)))
    (local.set 15
      (i32.or
        (i32.and
          (i32.sub (i32.wrap_i64 (local.get $flags_a)) (i32.wrap_i64 (local.get $flags_b)))
          (i32.wrap_i64 (local.get $flags_b)))
        (i32.and
          (i32.or
            (i32.sub (i32.wrap_i64 (local.get $flags_a)) (i32.wrap_i64 (local.get $flags_b)))
            (i32.wrap_i64 (local.get $flags_b)))
          (i32.xor (local.get 16) (i32.const -1)))))
    (i32.store offset=flagAux
      (i32.const 0)
      (i32.or
        (i32.shl (i32.shr_u (local.get 15) (i32.const 30)) (i32.const 30))
        (i32.and (local.get 15) (i32.const 8))))
    (i64.store offset=RCX (i32.const 0) (local.get $rcx))
    (i64.store offset=RBX (i32.const 0) (local.get $rbx))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (if (; likely ;) (local.tee 15 (i32.load offset=LINK_CELL[0] (i32.const 0)))
      (then
        (return_call_indirect 0 (param i32) (local.get 15) (i32.load (local.get 15)))))
    (return_call $branchFlat
      (i32.const LINK_CELL[0]-D_LINK)
      (i64.add (local.get $rip_base) (i64.const 263))))
  (if
    (i32.eq
      (i32.and
        (local.tee 16
          (i32.and
            (i32.shr_u (local.tee 15 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 16 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 16)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RCX (i32.const 0) (local.get $rcx))
  (i64.store offset=RBX (i32.const 0) (local.get $rbx))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 15) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 18
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 15) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 15) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 18))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 18)))
