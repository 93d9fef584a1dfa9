; IMUL with two operands sets CF and OF; MUL has 128 bits of result.
entry:
  imul eax, ecx, 100
  imul rdx, rdi
  jo entry
  mul rsi
  ret
