(func $region_1 (param $descriptor i32)
  (if (; unlikely ;)
    (i32.lt_s (local.tee $budget (i32.load offset=BUDGET (i32.const 0))) (i32.const 5))
    (then
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (return_call_indirect 0 (param i32) (local.get $descriptor) (i32.const 99))))
  (local.set $rip_base (i64.load offset=RIP_BASE (i32.const 0)))
  (local.set $tlb_table (i32.load offset=TLB_TABLE (i32.const 0)))
  (local.set $page0_tag (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table)))
  (local.set $page0_addend (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
  (local.set $page1_tag (i64.load offset=WRITE_CELL[RSP].tag (local.get $tlb_table)))
  (local.set $page1_addend (i32.load offset=WRITE_CELL[RSP].addend (local.get $tlb_table)))
  (local.set $rax (i64.load offset=RAX (i32.const 0)))
  (local.set $rsp (i64.load offset=RSP (i32.const 0)))
  (local.set $rdi (i64.load offset=RDI (i32.const 0)))
  (block $tail
    (loop $loop0
      (block $tail
        (loop $tail
          ;; 0: +0x100
          (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
          ;; +0x100  CMP EDI, 0x2
          (local.set $flags_a (i64.extend_i32_u (i32.wrap_i64 (local.get $rdi))))
          (local.set $flags_b (i64.const 2))
          ;; +0x103  JB $+0x10
          (if (i32.lt_u (i32.wrap_i64 (local.get $flags_a)) (i32.wrap_i64 (local.get $flags_b)))
            (then
              ;; 2: +0x113
              (local.set $budget (i32.sub (local.get $budget) (i32.const 2)))
              ;; +0x113  MOV EAX, 0x1
              (local.set $rax (i64.const 1))
              ;; +0x118  RET
              (if (; unlikely ;)
                (i64.ne (local.get $page0_tag) (i64.and (local.get $rsp) (i64.const -4089)))
                (then
                  (br_if $tail (; unlikely ;)
                    (i32.eq
                      (local.tee $page0_addend
                        (call $translate (; bail at +0x118, 1 not executed, flags of SUB 32 ;)
                          (local.get $rsp)
                          (local.get $tlb_table)
                          (i32.const 41423368)
                          (i32.const 36703745)))
                      (i32.const 1)))
                  (local.set $page0_tag (i64.and (local.get $rsp) (i64.const -4096)))))
              (local.set 18
                (i64.load (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get $page0_addend))))
              (if (; unlikely ;)
                (i64.ne
                  (i64.shr_s (i64.shl (local.get 18) (i64.const 16)) (i64.const 16))
                  (local.get 18))
                (then
                  (i32.store offset=WHERE (; bail at +0x118, 1 not executed, flags of SUB 32 ;)
                    (i32.const 0)
                    (i32.const 36703745))
                  (br $tail)))
              (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
              (local.set 19 (local.get 18))
              (local.set 18 (i64.sub (local.get 19) (local.get $rip_base)))
              (if (i64.eq (local.get 18) (i64.const 270))
                (then
                  (local.set $flags_kind (i32.const 7))
                  (loop $loop3
                    (block $1
                      (br_if $1 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 3)))
                      (local.set 20 (local.get $budget))
                      (local.set 21 (local.get $flags_kind))
                      (local.set 22 (local.get $flags_a))
                      (local.set 23 (local.get $flags_r))
                      (block $2
                        (loop $3
                          (local.set $flags_a (local.get $rdi))
                          (local.set $flags_r (local.get $rax))
                          ;; 3: +0x10e
                          (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
                          ;; +0x10e  POP RDI
                          (if (; unlikely ;)
                            (i32.gt_u
                              (i32.and (i32.wrap_i64 (local.get $rsp)) (i32.const 4095))
                              (i32.const 4080))
                            (then
                              (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
                              (i32.store offset=WHERE (; bail at +0x10e, 3 not executed, flags of $flags_kind ;)
                                (i32.const 0)
                                (i32.const 35421699))
                              (br $2)))
                          (local.set 25 (local.get $page0_addend))
                          (if (; unlikely ;)
                            (i64.ne
                              (local.get $page0_tag)
                              (i64.and (local.get $rsp) (i64.const -4096)))
                            (then
                              (br_if $2 (; unlikely ;)
                                (i32.eq
                                  (local.tee 25
                                    (call $translate (; bail at +0x10e, 3 not executed, flags of $flags_kind ;)
                                      (local.get $rsp)
                                      (local.get $tlb_table)
                                      (i32.const 41423368)
                                      (i32.const 35421699)))
                                  (i32.const 1)))
                              (local.set $budget
                                (i32.or
                                  (local.get $budget)
                                  (i32.shl
                                    (i64.ne
                                      (i64.and (local.get $rsp) (i64.const -4096))
                                      (local.get $page0_tag))
                                    (i32.const 31))))))
                          (local.set 24 (i32.add (i32.wrap_i64 (local.get $rsp)) (local.get 25)))
                          (local.set 26 (i64.load (local.get 24)))
                          (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
                          (local.set $rdi (local.get 26))
                          ;; +0x10f  IMUL EAX, EDI
                          (local.set 25
                            (i32.mul
                              (i32.wrap_i64 (local.get $rdi))
                              (i32.wrap_i64 (local.get $rax))))
                          (i64.extend_i32_u (local.get 25))
                          (local.set 27 (i32.wrap_i64 (local.get $rax)))
                          (local.set $rax)
                          (local.set $flags_a (i64.extend_i32_u (i32.wrap_i64 (local.get $rdi))))
                          (local.set $flags_b (i64.extend_i32_u (local.get 27)))
                          (local.set $flags_r (i64.extend_i32_u (local.get 25)))
                          ;; +0x112  RET
                          (local.set 26 (i64.load offset=8 (local.get 24)))
                          (if (; unlikely ;)
                            (i64.ne
                              (i64.shr_s (i64.shl (local.get 26) (i64.const 16)) (i64.const 16))
                              (local.get 26))
                            (then
                              (i32.store offset=WHERE (; bail at +0x112, 1 not executed, flags of IMUL 32 ;)
                                (i32.const 0)
                                (i32.const 35935745))
                              (br $tail)))
                          (local.set $rsp (i64.add (local.get $rsp) (i64.const 8)))
                          (local.set 28 (local.get 26))
                          (local.set 26 (i64.sub (local.get 28) (local.get $rip_base)))
                          (if (i64.eq (local.get 26) (i64.const 270))
                            (then
                              (local.set $flags_kind (i32.const 43))
                              (br_if $1 (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 3)))
                              (br $3)))
                          (i32.store offset=LINK_CELL[1]
                            (i32.const 0)
                            (i32.wrap_i64 (local.get 26)))
                          (call $materializeFlags
                            (i32.const 43)
                            (local.get $flags_a)
                            (local.get $flags_b)
                            (local.get $flags_r)
                            (local.get $flags_cf_of)
                            (local.get $flags_step))
                          (i64.store offset=RAX (i32.const 0) (local.get $rax))
                          (i64.store offset=RSP (i32.const 0) (local.get $rsp))
                          (i64.store offset=RDI (i32.const 0) (local.get $rdi))
                          (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
                          (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
                          (return_call $jumpFlat (local.get 28))))
                      (if
                        (i32.eq
                          (i32.add
                            (i32.and (local.get $budget) (i32.const 2147483647))
                            (i32.const 3))
                          (local.get 20))
                        (then
                          (local.set $flags_a (local.get 22))
                          (local.set $flags_r (local.get 23))
                          (local.set $flags_kind (local.get 21)))
                        (else
                          (local.set $flags_kind (i32.const 43))))
                      (br $tail))
                    (if (i32.lt_s (local.get $budget) (i32.const 0))
                      (then
                        (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
                        (local.set $page0_tag
                          (i64.load offset=READ_CELL[RSP].tag (local.get $tlb_table)))
                        (local.set $page0_addend
                          (i32.load offset=READ_CELL[RSP].addend (local.get $tlb_table)))
                        (br_if $loop3 (; likely ;) (i32.ge_s (local.get $budget) (i32.const 3)))))
                    (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
                    (i32.store offset=WHERE (; to +0x10e, flags of $flags_kind ;)
                      (i32.const 0)
                      (i32.const 35421696))
                    (br $tail))))
              (i32.store offset=LINK_CELL[0] (i32.const 0) (i32.wrap_i64 (local.get 18)))
              (local.set 21
                (i32.sub (i32.wrap_i64 (local.get $flags_a)) (i32.wrap_i64 (local.get $flags_b))))
              (i64.store offset=flagResult (i32.const 0) (i64.extend_i32_s (local.get 21)))
              (local.set 20
                (i32.or
                  (i32.and
                    (i32.xor (i32.wrap_i64 (local.get $flags_a)) (i32.const -1))
                    (i32.wrap_i64 (local.get $flags_b)))
                  (i32.and
                    (i32.or
                      (i32.xor (i32.wrap_i64 (local.get $flags_a)) (i32.const -1))
                      (i32.wrap_i64 (local.get $flags_b)))
                    (local.get 21))))
              (i32.store offset=flagAux
                (i32.const 0)
                (i32.or
                  (i32.shl (i32.shr_u (local.get 20) (i32.const 30)) (i32.const 30))
                  (i32.and (local.get 20) (i32.const 8))))
              (i64.store offset=RAX (i32.const 0) (local.get $rax))
              (i64.store offset=RSP (i32.const 0) (local.get $rsp))
              (i64.store offset=RDI (i32.const 0) (local.get $rdi))
              (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
              (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
              (return_call $jumpFlat (local.get 19))))
          ;; 1: +0x105
          (local.set $budget (i32.sub (local.get $budget) (i32.const 3)))
          ;; +0x105  PUSH RDI
          (local.set 19 (i64.sub (local.get $rsp) (i64.const 8)))
          (local.set 18 (i64.add (local.get 19) (i64.const -8)))
          (if (; unlikely ;)
            (i32.gt_u (i32.and (i32.wrap_i64 (local.get 18)) (i32.const 4095)) (i32.const 4080))
            (then
              (i32.store offset=SPREAD (i32.const 0) (i32.const 1))
              (i32.store offset=WHERE (; bail at +0x105, 3 not executed, flags of SUB 32 ;)
                (i32.const 0)
                (i32.const 34213379))
              (br $tail)))
          (local.set 20 (local.get $page1_addend))
          (if (; unlikely ;)
            (i64.ne (local.get $page1_tag) (i64.and (local.get 18) (i64.const -4096)))
            (then
              (br_if $tail (; unlikely ;)
                (i32.eq
                  (local.tee 20
                    (call $translate (; bail at +0x105, 3 not executed, flags of SUB 32 ;)
                      (local.get 19)
                      (local.get $tlb_table)
                      (i32.const 41423624)
                      (i32.const 34213379)))
                  (i32.const 1)))
              (local.set $budget
                (i32.or
                  (local.get $budget)
                  (i32.shl
                    (i64.ne (i64.and (local.get 19) (i64.const -4096)) (local.get $page1_tag))
                    (i32.const 31))))))
          (local.set 24 (i32.add (i32.wrap_i64 (local.get 18)) (local.get 20)))
          (i64.store offset=8 (local.get 24) (local.get $rdi))
          (local.set $rsp (local.get 19))
          ;; +0x106  SUB EDI, 0x1
          (local.set 20 (i32.sub (i32.wrap_i64 (local.get $rdi)) (i32.const 1)))
          (i64.extend_i32_u (local.get 20))
          (local.set 21 (i32.wrap_i64 (local.get $rdi)))
          (local.set $rdi)
          (local.set $flags_a (i64.extend_i32_u (local.get 20)))
          (local.set $flags_b (i64.const 1))
          ;; +0x109  CALL $-0x9
          (local.set 19 (i64.add (local.get $rip_base) (i64.const 270)))
          (local.set 18 (i64.sub (local.get $rsp) (i64.const 8)))
          (i64.store (local.get 24) (local.get 19))
          (local.set $rsp (local.get 18))
          (local.set $flags_kind (i32.const 27))
          (br_if $tail (; unlikely ;) (i32.lt_s (local.get $budget) (i32.const 5)))
          (br $tail)))
      (if (i32.lt_s (local.get $budget) (i32.const 0))
        (then
          (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
          (local.set $page1_tag (i64.load offset=WRITE_CELL[RSP].tag (local.get $tlb_table)))
          (local.set $page1_addend (i32.load offset=WRITE_CELL[RSP].addend (local.get $tlb_table)))
          (br_if $loop0 (; likely ;) (i32.ge_s (local.get $budget) (i32.const 5)))))
      (i32.store offset=SAMPLED_REGION (i32.const 0) (i32.const 1))
      (i32.store offset=WHERE (; to +0x100, flags of $flags_kind ;)
        (i32.const 0)
        (i32.const 33586688))
      (br $tail)))
  (if
    (i32.eq
      (i32.and
        (local.tee 20
          (i32.and
            (i32.shr_u (local.tee 21 (i32.load offset=WHERE (i32.const 0))) (i32.const 9))
            (i32.const 255)))
        (i32.const 63))
      (i32.const 63))
    (then
      (local.set 20 (local.get $flags_kind))))
  (call $materializeFlags
    (local.get 20)
    (local.get $flags_a)
    (local.get $flags_b)
    (local.get $flags_r)
    (local.get $flags_cf_of)
    (local.get $flags_step))
  (i64.store offset=RAX (i32.const 0) (local.get $rax))
  (i64.store offset=RSP (i32.const 0) (local.get $rsp))
  (i64.store offset=RDI (i32.const 0) (local.get $rdi))
  (local.set $budget (i32.add (i32.and (local.get 21) (i32.const 511)) (local.get $budget)))
  (local.set $budget (i32.and (local.get $budget) (i32.const 2147483647)))
  (i32.store offset=BUDGET (i32.const 0) (local.get $budget))
  (local.set 18
    (i64.add
      (local.get $rip_base)
      (i64.extend_i32_s (i32.and (i32.shr_u (local.get 21) (i32.const 17)) (i32.const 4095)))))
  (if (i32.and (local.get 21) (i32.const 511))
    (then
      (i64.store offset=rip (i32.const 0) (local.get 18))
      (return_call $bail)))
  (return_call $jumpFlat (local.get 18)))
