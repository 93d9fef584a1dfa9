; The stack in 32-bit code.
.bits 32
entry:
  push ebp
  mov ebp, esp
  push dword [ebp+8]
  pop eax
  leave
  ret 4
