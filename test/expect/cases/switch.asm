; A jump through a table: the addresses that follow it and have run are compared with the target.
entry:
  movzx eax, byte [rsi]
  jmp qword [rax*8+0x402000]
one:
  add ebx, 1
  jmp next
two:
  sub ebx, 1
  jmp next
three:
  xor ebx, 1
  jmp next
four:
  neg ebx
  jmp next
next:
  inc rsi
  jmp entry
