; DIV: a divisor of zero and a quotient that does not fit are the interpreter's.
entry:
  xor edx, edx
  div ecx
  cdq
  idiv dword [rsi]
  ret
