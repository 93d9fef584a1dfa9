(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 4))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=WRITE_CELL[RDI].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=WRITE_CELL[RDI].addend (local.get $tlb_table)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    ;; 0: +0x100
    (local.set $budget (i32.sub (local.get $budget) (i32.const 4)))
    ;; +0x100  FLD qword DS:[RDI]
    (local.set 16 (i32.load offset=READ_CELL[RDI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RDI].tag (local.get $tlb_table))
        (i64.and (local.get $rdi) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x100, 4 not executed, flags in the state ;)
                (local.get $rdi)
                (local.get $tlb_table)
                (i32.const 108534792)
                (i32.const 33554436)))
            (i32.const 1)))))
    (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get 16))))
    (local.set 16 (call $x87PushReal64 (local.get 17)))
    (if (; likely ;) (local.get 16)
      (then)
      (else
        (i32.store offset=WHERE (; bail at +0x100, 4 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 33554436))
        (br $tail)))
    (local.set 18 (i64.add (local.get $rip_base) (i64.const 256)))
    (i64.store offset=fip (i32.const 0) (local.get 18))
    (i64.store offset=fdp (i32.const 0) (local.get $rdi))
    ;; +0x102  FADD qword DS:[RSI]
    (local.set 16 (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table))
        (i64.and (local.get $rsi) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x102, 3 not executed, flags in the state ;)
                (local.get $rsi)
                (local.get $tlb_table)
                (i32.const 108533768)
                (i32.const 33816579)))
            (i32.const 1)))))
    (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 16))))
    (local.set 16 (call $x87AddReal64 (i32.const 0) (local.get 17)))
    (if (; likely ;) (local.get 16)
      (then)
      (else
        (i32.store offset=WHERE (; bail at +0x102, 3 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 33816579))
        (br $tail)))
    (local.set 18 (i64.add (local.get $rip_base) (i64.const 258)))
    (i64.store offset=fip (i32.const 0) (local.get 18))
    (i64.store offset=fdp (i32.const 0) (local.get $rsi))
    ;; +0x104  FSTP qword DS:[RDI]
    (local.set 16 (call $x87StoreReal64Fast (i32.const 1)))
    (if (; likely ;) (local.get 16)
      (then
        (local.set 17 (i64.load offset=scratch[0] (i32.const 0)))
        (if (; unlikely ;)
          (i64.ne (local.get $page0_tag) (i64.and (local.get $rdi) (i64.const -4089)))
          (then
            (br_if $tail (; unlikely ;)
              (i32.eq
                (local.tee $page0_addend
                  (call $translate (; bail at +0x104, 2 not executed, flags in the state ;)
                    (local.get $rdi)
                    (local.get $tlb_table)
                    (i32.const 108535048)
                    (i32.const 34078722)))
                (i32.const 1)))
            (local.set $page0_tag (i64.and (local.get $rdi) (i64.const -4096)))))
        (i64.store
          (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get $page0_addend))
          (local.get 17))
        (local.set 16 (i32.load offset=1436 (i32.const 0)))
        (i32.store offset=fsw (i32.const 0) (local.get 16))
        (local.set 16 (i32.load offset=scratch[1] (i32.const 0)))
        (i32.store offset=ftw (i32.const 0) (local.get 16)))
      (else
        (if (; unlikely ;)
          (i64.ne (local.get $page0_tag) (i64.and (local.get $rdi) (i64.const -4089)))
          (then
            (br_if $tail (; unlikely ;)
              (i32.eq
                (local.tee $page0_addend
                  (call $translate (; bail at +0x104, 2 not executed, flags in the state ;)
                    (local.get $rdi)
                    (local.get $tlb_table)
                    (i32.const 108535048)
                    (i32.const 34078722)))
                (i32.const 1)))
            (local.set $page0_tag (i64.and (local.get $rdi) (i64.const -4096)))))
        (local.set 16 (i32.add (i32.wrap_i64 (local.get $rdi)) (local.get $page0_addend)))
        (local.set 17 (i64.load (local.get 16)))
        (i64.store offset=scratch[0] (i32.const 0) (local.get 17))
        (i32.store offset=WHERE (; bail at +0x104, 2 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 34078722))
        (br $tail)
        (local.set 17 (i64.load offset=scratch[0] (i32.const 0)))
        (i64.store (local.get 16) (local.get 17))))
    (local.set 17 (i64.add (local.get $rip_base) (i64.const 260)))
    (i64.store offset=fip (i32.const 0) (local.get 17))
    (i64.store offset=fdp (i32.const 0) (local.get $rdi))
    ;; +0x106  RET
    (local.set 16 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 16
              (call $translate (; bail at +0x106, 1 not executed, flags in the state ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 34340865)))
            (i32.const 1)))))
    (local.set 17 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 16))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 17) (i64.const 16)) (i64.const 16)) (local.get 17))
      (then
        (i32.store offset=WHERE (; bail at +0x106, 1 not executed, flags in the state ;)
          (i32.const 0)
          (i32.const 34340865))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 18 (local.get 17))
    (local.set 17 (i64.sub (local.get 18) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 17)))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 18)))
  (if
    (i32.eq
      (i32.and
        (local.tee 19
          (i32.and
            (i32.shr_u (local.tee 16 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 19 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 19)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
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
