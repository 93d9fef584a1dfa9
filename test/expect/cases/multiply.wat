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
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    (block $loop0
      (loop $tail
        ;; 0: +0x100
        (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
        ;; +0x100  IMUL EAX, ECX, 0x64
        (local.set $rax (i64.extend_i32_u (i32.mul (i32.wrap_i64 (local.get $rcx)) (i32.const 100))))
        ;; +0x103  IMUL RDX, RDI
        (local.set 17 (i64.mul (local.get $rdi) (local.get $rdx)))
        (local.get 17)
        (local.set 18 (local.get $rdx))
        (local.set $rdx)
        (local.set $flags_a (local.get $rdi))
        (local.set $flags_b (local.get 18))
        (local.set $flags_r (local.get 17))
        ;; +0x107  JO $-0x7
        (call $materializeFlags
          (i32.const 44)
          (local.get $flags_a)
          (local.get $flags_b)
          (local.get $flags_r)
          (local.get $flags_cf_of)
          (local.get $flags_step))
        (if
          (i32.shr_u
            (i32.xor
              (i32.load offset=flagAux (i32.const 0))
              (i32.shl (i32.load offset=flagAux (i32.const 0)) (i32.const 1)))
            (i32.const 31))
          (then
            (local.set $flags_kind (i32.const 0))
            (br_if $loop0 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 5)))
            (br $tail)))
        ;; 1: +0x109
        (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
        ;; +0x109  MUL RSI
        (local.set 17 (i64.mul (local.get $rax) (local.get $rsi)))
        (local.get 17)
        (local.set 18 (local.get $rax))
        (local.set 19 (call $mulHighU (local.get 18) (local.get $rsi)))
        (local.set $rax)
        (local.set $rdx (local.get 19))
        (local.set $flags_a (local.get 18))
        (local.set $flags_b (local.get $rsi))
        (local.set $flags_r (local.get 17))
        ;; +0x10c  RET
        (local.set 20 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
        (if (; unlikely ;)
          (i64.ne
            (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
            (i64.and (local.get $rsp) (i64.const -4089)))
          (then
            (br_if $tail (; unlikely ;)
              (i32.eq
                (local.tee 20
                  (call $translate (; bail at +0x10c, 1 not executed, flags of MUL 64 ;)
                    (local.get $rsp)
                    (local.get $tlb_table)
                    (i32.const 41423368)
                    (i32.const 35151873)))
                (i32.const 1)))))
        (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 20))))
        (if (; unlikely ;)
          (i64.ne (i64.shr_s (i64.shl (local.get 17) (i64.const 16)) (i64.const 16)) (local.get 17))
          (then
            (i32.store offset=WHERE (; bail at +0x10c, 1 not executed, flags of MUL 64 ;)
              (i32.const 0)
              (i32.const 35151873))
            (br $tail)))
        (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
        (local.set 18 (local.get 17))
        (local.set 17 (i64.sub (local.get 18) (local.get $rip_base)))
        (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 17)))
        (call $materializeFlags
          (i32.const 48)
          (local.get $flags_a)
          (local.get $flags_b)
          (local.get $flags_r)
          (local.get $flags_cf_of)
          (local.get $flags_step))
        (i64.store offset=RAX (i32.const 0) (local.get $rax))
        (i64.store offset=RDX (i32.const 0) (local.get $rdx))
        (i64.store offset=RSP (i32.const 0) (local.get $rsp))
        (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
        (return_call $jumpFlat (local.get 18))))
    (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
    (i32.store offset=WHERE (; to +0x100, flags of $flags_kind ;)
      (i32.const 0)
      (i32.const 33586688))
    (br $tail))
  (if
    (i32.eq
      (i32.and
        (local.tee 21
          (i32.and
            (i32.shr_u (local.tee 20 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
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
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RDX (i32.const 0) (local.get $rdx))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 20) (i32.const 511)) (local.get $budget)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 18
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 20) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 20) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 18))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 18)))
