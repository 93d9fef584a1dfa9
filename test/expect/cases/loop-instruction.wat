(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 2))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rcx (i64.load offset=RCX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (block $tail
    (block $block2
      ;; 0: +0x100
      (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
      ;; +0x100  JCXZ $+0x7
      (if (i64.eqz (local.get $rcx))
        (then
          (local.set $flags_kind (i32.const 0))
          (br $block2)))
      (local.set $flags_kind (i32.const 0))
      (loop $loop1
        (block $1
          (br_if $1 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 3)))
          (local.set 17 (local.get $budget))
          (local.set 18 (local.get $flags_kind))
          (local.set 19 (local.get $flags_a))
          (block $2
            (loop $3
              (local.set $flags_a (local.get $rax))
              ;; 1: +0x102
              (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
              ;; +0x102  ADD RAX, qword DS:[RSI]
              (local.set 20 (local.get $page0_addend))
              (if (; unlikely ;)
                (i64.ne (local.get $page0_tag) (i64.and (local.get $rsi) (i64.const -4089)))
                (then
                  (br_if $2 (; unlikely ;)
                    (i32.eq
                      (local.tee 20
                        (call $translate (; bail at +0x102, 2 not executed, flags of $flags_kind ;)
                          (local.get $rsi)
                          (local.get $tlb_table)
                          (i32.const 41424904)
                          (i32.const 33848834)))
                      (i32.const 1)))
                  (local.set $budget
                    (i32.or
                      (local.get $budget)
                      (i32.shl
                        (i64.ne (i64.and (local.get $rsi) (i64.const -4096)) (local.get $page0_tag))
                        (i32.const 31))))))
              (local.set 21 (i64.load (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 20))))
              (local.set 22 (i64.add (local.get $rax) (local.get 21)))
              (local.get 22)
              (local.set 23 (local.get $rax))
              (local.set $rax)
              (local.set $flags_a (local.get 22))
              (local.set $flags_b (local.get 21))
              ;; +0x105  LOOP $-0x3
              (local.set 23 (i64.sub (local.get $rcx) (i64.const 1)))
              (local.set 20 (i64.ne (local.get 23) (i64.const 0)))
              (if (local.get 20)
                (then
                  (local.set 21 (i64.add (local.get $rip_base) (i64.const 263)))
                  (local.set 21 (i64.add (local.get 21) (i64.const -5)))
                  (if (; unlikely ;)
                    (i64.ne
                      (i64.shr_s (i64.shl (local.get 21) (i64.const 16)) (i64.const 16))
                      (local.get 21))
                    (then
                      (i32.store offset=WHERE (; bail at +0x105, 1 not executed, flags of SUM 64 ;)
                        (i32.const 0)
                        (i32.const 34222081))
                      (br $tail)))))
              (local.set $rcx (local.get 23))
              (if (local.get 20)
                (then
                  (local.set $flags_kind (i32.const 24))
                  (br_if $1 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 3)))
                  (br $3)))
              (local.set $flags_kind (i32.const 24))
              (br $block2)))
          (if
            (i32.eq
              (i32.add (i32.and (local.get $budget) (i32.const 2147483647)) (i32.const 2))
              (local.get 17))
            (then
              (local.set $flags_a (local.get 19))
              (local.set $flags_kind (local.get 18)))
            (else
              (local.set $flags_kind (i32.const 24))))
          (br $tail))
        (if (i32.lt_s (local.get $budget) (i32.const 0))
          (then
            (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
            (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
            (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
            (br_if $loop1 (; likely ;) (i32.ge_s (local.get $budget) (i32.const 3)))))
        (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
        (i32.store offset=WHERE (; to +0x102, flags of $flags_kind ;)
          (i32.const 0)
          (i32.const 33848832))
        (br $tail)))
    ;; 2: +0x107
    (local.set $budget (i32.sub (local.get $budget) (i32.const 1)))
    ;; +0x107  RET
    (local.set 18 (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
    (if (; unlikely ;)
      (i64.ne
        (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table))
        (i64.and (local.get $rsp) (i64.const -4089)))
      (then
        (br_if $tail (; unlikely ;)
          (i32.eq
            (local.tee 18
              (call $translate (; bail at +0x107, 1 not executed, flags of $flags_kind ;)
                (local.get $rsp)
                (local.get $tlb_table)
                (i32.const 41423368)
                (i32.const 34504193)))
            (i32.const 1)))))
    (local.set 19 (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 18))))
    (if (; unlikely ;)
      (i64.ne (i64.shr_s (i64.shl (local.get 19) (i64.const 16)) (i64.const 16)) (local.get 19))
      (then
        (i32.store offset=WHERE (; bail at +0x107, 1 not executed, flags of $flags_kind ;)
          (i32.const 0)
          (i32.const 34504193))
        (br $tail)))
    (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
    (local.set 23 (local.get 19))
    (local.set 19 (i64.sub (local.get 23) (local.get $rip_base)))
    (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 19)))
    (if (local.get $flags_kind)
      (then
        (call $materializeFlags
          (local.get $flags_kind)
          (local.get $flags_a)
          (local.get $flags_b)
          (local.get $flags_r)
          (local.get $flags_cf_of)
          (local.get $flags_step))))
    (i64.store offset=RAX (i32.const 0) (local.get $rax))
    (i64.store offset=RCX (i32.const 0) (local.get $rcx))
    (i64.store offset=RSP (i32.const 0) (local.get $rsp))
    (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
    (return_call $jumpFlat (local.get 23)))
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
  (i64.store offset=RCX (i32.const 0) (local.get $rcx))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (local.set $budget (i32.add (i32.and (local.get 18) (i32.const 511)) (local.get $budget)))
  (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 23
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 18) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 18) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 23))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 23)))
