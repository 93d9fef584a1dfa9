; In 32-bit code a segment that is not flat is checked, and another one than expected left to the interpreter.
.bits 32
entry:
  mov eax, gs:[0x14]
  mov [esp+4], eax
  ret
