(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 6))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
  (local.set $page1_tag (i64.load offset=READ_CELL[46].tag (local.get $tlb_table)))
  (local.set $page1_addend (i32.load offset=READ_CELL[46].addend (local.get $tlb_table)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rbx (i64.load offset=RBX (i32.const 0)))
  (local.set $rsi (i64.load offset=RSI (i32.const 0)))
  (block $tail
    (loop $loop0
      (block $tail
        (loop $tail
          (block $block5
            (block $block4
              (block $block3
                (block $block2
                  (block $block1
                    ;; 0: +0x100
                    (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
                    ;; +0x100  MOVZX EAX, byte DS:[RSI]
                    (local.set 18 (local.get $page0_addend))
                    (if (; unlikely ;)
                      (i64.ne (local.get $page0_tag) (i64.and (local.get $rsi) (i64.const -4096)))
                      (then
                        (br_if $tail (; unlikely ;)
                          (i32.eq
                            (local.tee 18
                              (call $translate (; bail at +0x100, 2 not executed, flags of $flags_kind ;)
                                (local.get $rsi)
                                (local.get $tlb_table)
                                (i32.const 41424897)
                                (i32.const 33586690)))
                            (i32.const 1)))
                        (local.set $budget
                          (i32.or
                            (local.get $budget)
                            (i32.shl
                              (i64.ne
                                (i64.and (local.get $rsi) (i64.const -4096))
                                (local.get $page0_tag))
                              (i32.const 31))))))
                    (local.set 18
                      (i32.load8_u (i32.add (i32.wrap_i64 (local.get $rsi)) (local.get 18))))
                    (local.set $rax (i64.extend_i32_u (local.get 18)))
                    ;; +0x103  JMP qword DS:[RAX*8+0x402000]
                    (local.set 19
                      (i64.add (i64.shl (local.get $rax) (i64.const 3)) (i64.const 4202496)))
                    (local.set 18 (local.get $page1_addend))
                    (if (; unlikely ;)
                      (i64.ne (local.get $page1_tag) (i64.and (local.get 19) (i64.const -4089)))
                      (then
                        (br_if $tail (; unlikely ;)
                          (i32.eq
                            (local.tee 18
                              (call $translate (; bail at +0x103, 1 not executed, flags of $flags_kind ;)
                                (local.get 19)
                                (local.get $tlb_table)
                                (i32.const 41465864)
                                (i32.const 33979905)))
                            (i32.const 1)))
                        (local.set $budget
                          (i32.or
                            (local.get $budget)
                            (i32.shl
                              (i64.ne
                                (i64.and (local.get 19) (i64.const -4096))
                                (local.get $page1_tag))
                              (i32.const 31))))))
                    (local.set 19 (i64.load (i32.add (i32.wrap_i64 (local.get 19)) (local.get 18))))
                    (if (; unlikely ;)
                      (i64.ne
                        (i64.shr_s (i64.shl (local.get 19) (i64.const 16)) (i64.const 16))
                        (local.get 19))
                      (then
                        (i32.store offset=WHERE (; bail at +0x103, 1 not executed, flags of $flags_kind ;)
                          (i32.const 0)
                          (i32.const 33979905))
                        (br $tail)))
                    (local.set 20 (local.get 19))
                    (local.set 19 (i64.sub (local.get 20) (local.get $rip_base)))
                    (block $1
                      (block $2
                        (block $3
                          (block $4
                            (block $5
                              (block $6
                                (br_table $6 $3 $1 $2 $5 $1 $1 $4
                                  (i32.shr_u
                                    (i32.mul (i32.wrap_i64 (local.get 19)) (i32.const 1107666781))
                                    (i32.const 29))))
                              (if (i64.eq (local.get 19) (i64.const 256))
                                (then
                                  (br_if $tail (; unlikely ;)
                                    (i32.lt_s (local.get $budget) (i32.const 6)))
                                  (br $tail)))
                              (br $1))
                            (if (i64.eq (local.get 19) (i64.const 266))
                              (then
                                (br $block1)))
                            (br $1))
                          (if (i64.eq (local.get 19) (i64.const 271))
                            (then
                              (br $block2)))
                          (br $1))
                        (if (i64.eq (local.get 19) (i64.const 276))
                          (then
                            (br $block3)))
                        (br $1))
                      (if (i64.eq (local.get 19) (i64.const 281))
                        (then
                          (br $block4)))
                      (br $1))
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
                    (i64.store offset=RBX (i32.const 0) (local.get $rbx))
                    (i64.store offset=RSI (i32.const 0) (local.get $rsi))
                    (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
                    (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
                    (return_call $jumpFlat (local.get 20)))
                  ;; 1: +0x10a
                  (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
                  ;; +0x10a  ADD EBX, 0x1
                  (local.set 18 (i32.add (i32.wrap_i64 (local.get $rbx)) (i32.const 1)))
                  (i64.extend_i32_u (local.get 18))
                  (local.set 21 (i32.wrap_i64 (local.get $rbx)))
                  (local.set $rbx)
                  (local.set $flags_a (i64.extend_i32_u (local.get 18)))
                  (local.set $flags_b (i64.const 1))
                  ;; +0x10d  JMP $+0x10
                  (local.set $flags_kind (i32.const 23))
                  (br $block5))
                ;; 2: +0x10f
                (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
                ;; +0x10f  SUB EBX, 0x1
                (local.set 21 (i32.sub (i32.wrap_i64 (local.get $rbx)) (i32.const 1)))
                (i64.extend_i32_u (local.get 21))
                (local.set 18 (i32.wrap_i64 (local.get $rbx)))
                (local.set $rbx)
                (local.set $flags_a (i64.extend_i32_u (local.get 21)))
                (local.set $flags_b (i64.const 1))
                ;; +0x112  JMP $+0xb
                (local.set $flags_kind (i32.const 27))
                (br $block5))
              ;; 3: +0x114
              (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
              ;; +0x114  XOR EBX, 0x1
              (local.set 18 (i32.xor (i32.wrap_i64 (local.get $rbx)) (i32.const 1)))
              (local.set $rbx (i64.extend_i32_u (local.get 18)))
              (local.set $flags_a (i64.extend_i32_u (local.get 18)))
              ;; +0x117  JMP $+0x6
              (local.set $flags_kind (i32.const 11))
              (br $block5))
            ;; 4: +0x119
            (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
            ;; +0x119  NEG EBX
            (local.set 18 (i32.sub (i32.const 0) (i32.wrap_i64 (local.get $rbx))))
            (i64.extend_i32_u (local.get 18))
            (local.set 21 (i32.wrap_i64 (local.get $rbx)))
            (local.set $rbx)
            (local.set $flags_a (i64.extend_i32_u (local.get 18)))
            (local.set $flags_b (i64.extend_i32_u (local.get 21)))
            ;; +0x11b  JMP $+0x2
            (local.set $flags_kind (i32.const 27))
            (br $block5))
          ;; 5: +0x11d
          (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
          ;; +0x11d  INC RSI
          (local.set 20 (i64.add (local.get $rsi) (i64.const 1)))
          (local.get 20)
          (local.set 19 (local.get $rsi))
          (local.set $rsi)
          (local.set $flags_step (local.get 20))
          (local.set $flags_kind
            (i32.or (i32.and (local.get $flags_kind) (i32.const 255)) (i32.const 1792)))
          ;; +0x120  JMP $-0x20
          (br_if $tail (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 6)))
          (br $tail)))
      (if (i32.lt_s (local.get $budget) (i32.const 0))
        (then
          (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
          (local.set $page0_tag (i64.load offset=READ_CELL[RSI].tag (local.get $tlb_table)))
          (local.set $page0_addend (i32.load offset=READ_CELL[RSI].addend (local.get $tlb_table)))
          (local.set $page1_tag (i64.load offset=READ_CELL[46].tag (local.get $tlb_table)))
          (local.set $page1_addend (i32.load offset=READ_CELL[46].addend (local.get $tlb_table)))
          (br_if $loop0 (; likely ;) (i32.ge_s (local.get $budget) (i32.const 6)))))
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (i32.store offset=WHERE (; to +0x100, flags of $flags_kind ;)
        (i32.const 0)
        (i32.const 33586688))
      (br $tail)))
  (if
    (i32.eq
      (i32.and
        (local.tee 18
          (i32.and
            (i32.shr_u (local.tee 21 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
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
  (i64.store offset=RBX (i32.const 0) (local.get $rbx))
  (i64.store offset=RSI (i32.const 0) (local.get $rsi))
  (local.set $budget (i32.add (i32.and (local.get 21) (i32.const 511)) (local.get $budget)))
  (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 19
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 21) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 21) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 19))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 19)))
