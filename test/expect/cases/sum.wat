(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 4))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    (loop $loop0
      (block $tail
        (local.set 16 (local.get $budget))
        (local.set 17 (local.get $flags_kind))
        (local.set 18 (local.get $flags_a))
        (local.set 19 (local.get $flags_b))
        (block $tail
          (loop $tail
            (local.set $flags_a (local.get $rsi))
            (local.set $flags_b (local.get $rdi))
            ;; 0: +0x100
            (local.set $budget (i32.sub (local.get $budget) (i32.const 4)))
            ;; +0x100  ADD RAX, qword DS:[RSI]
            (local.set 20 (local.get $page0_addend))
            (if (; unlikely ;)
              (i64.ne (local.get $page0_tag) (i64.and (local.get $rsi) (i64.const -4089)))
              (then
                (br_if $tail (; unlikely ;)
                  (i32.eq
                    (local.tee 20
                      (call $translate (; bail at +0x100, 4 not executed, flags of $flags_kind ;)
                        (local.get $rsi)
                        (local.get $tlb_table)
                        (i32.const 41424904)
                        (i32.const 33586692)))
                    (i32.const 1)))
                (local.set $budget
                  (i32.or
                    (local.get $budget)
                    (i32.shl
                      (i64.ne (i64.and (local.get $rsi) (i64.const -4096)) (local.get $page0_tag))
                      (i32.const 31))))))
            (local.set 21 (i64.load (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 20))))
            (local.set $rax (i64.add (local.get $rax) (local.get 21)))
            ;; +0x103  ADD RSI, 0x8
            (local.set $rsi (i64.add (local.get $rsi) (i64.const 8)))
            ;; +0x107  CMP RSI, RDI
            (local.set $flags_a (local.get $rsi))
            (local.set $flags_b (local.get $rdi))
            ;; +0x10a  JB $-0xa
            (if (i64.lt_u (local.get $flags_a) (local.get $flags_b))
              (then
                (local.set $flags_kind (i32.const 8))
                (br_if $tail (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 4)))
                (br $tail)))
            (i32.store offset=WHERE (; to +0x10c, flags of SUB 64 ;)
              (i32.const 0)
              (i32.const 35131392))
            (br $tail)))
        (if
          (i32.eq
            (i32.add (i32.and (local.get $budget) (i32.const 2147483647)) (i32.const 4))
            (local.get 16))
          (then
            (local.set $flags_a (local.get 18))
            (local.set $flags_b (local.get 19))
            (local.set $flags_kind (local.get 17)))
          (else
            (local.set $flags_kind (i32.const 8))))
        (br $tail))
      (if (i32.lt_s (local.get $budget) (i32.const 0))
        (then
          (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
          (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
          (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
          (br_if $loop0 (; likely ;) (i32.ge_s (local.get $budget) (i32.const 4)))))
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (i32.store offset=WHERE (; to +0x100, flags of $flags_kind ;)
        (i32.const 0)
        (i32.const 33586688))
      (br $tail)))
  (if
    (i32.eq
      (i32.and
        (local.tee 16
          (i32.and
            (i32.shr_u (local.tee 17 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
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
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RSI (i32.const 0) (local.get $rsi))
  (local.set $budget (i32.add (i32.and (local.get 17) (i32.const 511)) (local.get $budget)))
  (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 19
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 17) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 17) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 19))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 19)))
