(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 1))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rcx (i64.load offset=RCX (i32.const 0)))
  (local.set $rdx (i64.load offset=RDX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
    ;; +0x100  XOR EAX, EAX
    (local.set $rax (i64.const 0))
    (local.set $flags_a (i64.const 0))
    (local.set $flags_kind (i32.const 11))
    (block $loop1
      (br_if $loop1 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 1)))
      (loop $1
        ;; 1: +0x102
        (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
        ;; +0x102  MOV ECX, 0xa
        (local.set $rcx (i64.const 10))
        (block $loop2
          (br_if $loop2 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 6)))
          (loop $2
            ;; 2: +0x107
            (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
            ;; +0x107  ADD EAX, ECX
            (local.set 15 (i32.add (i32.wrap_i64 (local.get $rax)) (i32.wrap_i64 (local.get $rcx))))
            (i64.extend_i32_u (local.get 15))
            (local.set 16 (i32.wrap_i64 (local.get $rax)))
            (local.set $rax)
            (local.set $flags_a (i64.extend_i32_u (local.get 15)))
            (local.set $flags_b (i64.extend_i32_u (i32.wrap_i64 (local.get $rcx))))
            ;; +0x109  DEC ECX
            (local.set 16 (i32.sub (i32.wrap_i64 (local.get $rcx)) (i32.const 1)))
            (i64.extend_i32_u (local.get 16))
            (local.set 15 (i32.wrap_i64 (local.get $rcx)))
            (local.set $rcx)
            (local.set $flags_step (i64.extend_i32_u (local.get 16)))
            (local.set $flags_kind (i32.const 1559))
            ;; +0x10b  JNE $-0x4
            (if (i32.eqz (i32.eqz (i32.wrap_i64 (local.get $flags_step))))
              (then
                (br_if $loop2 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 6)))
                (br $2)))
            ;; 3: +0x10d
            (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
            ;; +0x10d  DEC EDX
            (local.set 15 (i32.sub (i32.wrap_i64 (local.get $rdx)) (i32.const 1)))
            (i64.extend_i32_u (local.get 15))
            (local.set 16 (i32.wrap_i64 (local.get $rdx)))
            (local.set $rdx)
            (local.set $flags_step (i64.extend_i32_u (local.get 15)))
            (local.set $flags_kind (i32.const 1559))
            ;; +0x10f  JNE $-0xd
            (if (i32.eqz (i32.eqz (i32.wrap_i64 (local.get $flags_step))))
              (then
                (br_if $loop1 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 1)))
                (br $1)))
            ;; 4: +0x111
            (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
            ;; +0x111  RET
            (local.set 16 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
            (if (; unlikely ;)
              (i64.ne
                (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
                (i64.and (local.get $rsp) (i64.const -4089)))
              (then
                (br_if $tail (; unlikely ;)
                  (i32.eq
                    (local.tee 16
                      (call $translate (; bail at +0x111, 1 not executed, flags of $flags_kind ;)
                        (local.get $rsp)
                        (local.get $tlb_table)
                        (i32.const 41423368)
                        (i32.const 35814913)))
                    (i32.const 1)))))
            (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 16))))
            (if (; unlikely ;)
              (i64.ne
                (i64.shr_s (i64.shl (local.get 17) (i64.const 16)) (i64.const 16))
                (local.get 17))
              (then
                (i32.store offset=WHERE (; bail at +0x111, 1 not executed, flags of $flags_kind ;)
                  (i32.const 0)
                  (i32.const 35814913))
                (br $tail)))
            (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
            (local.set 18 (local.get 17))
            (local.set 17 (i64.sub (local.get 18) (local.get $rip_base)))
            (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 17)))
            (call $materializeFlags
              (i32.const 1559)
              (local.get $flags_a)
              (local.get $flags_b)
              (local.get $flags_r)
              (local.get $flags_cf_of)
              (local.get $flags_step))
            (i64.store offset=RAX (i32.const 0) (local.get $rax))
            (i64.store offset=RCX (i32.const 0) (local.get $rcx))
            (i64.store offset=RDX (i32.const 0) (local.get $rdx))
            (i64.store offset=RSP (i32.const 0) (local.get $rsp))
            (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
            (return_call $jumpFlat (local.get 18))))
        (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; to +0x107, flags of $flags_kind ;)
          (i32.const 0)
          (i32.const 34504192))
        (br $tail)))
    (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
    (i32.store offset=WHERE (; to +0x102, flags of $flags_kind ;)
      (i32.const 0)
      (i32.const 33848832))
    (br $tail))
  (if
    (i32.eq
      (i32.and
        (local.tee 15
          (i32.and
            (i32.shr_u (local.tee 16 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 15 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 15)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RCX (i32.const 0) (local.get $rcx))
  (i64.store offset=RDX (i32.const 0) (local.get $rdx))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 16) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 18
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 16) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 16) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 18))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 18)))
