; A jump through a register leaves by the jump cache.
entry:
  xor eax, eax
  lea rcx, [rdx+rdx*2]
  jmp rcx
