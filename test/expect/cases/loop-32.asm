; A loop of 32-bit code: registers are i32, linear addresses need no more.
.bits 32
entry:
  mov eax, [esi+ecx*4]
  xor eax, 0x5a5a5a5a
  mov [edi+ecx*4], eax
  dec ecx
  jns entry
  ret
