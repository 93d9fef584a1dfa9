; Shifts by a constant; a count in CL may be zero, and then the flags stay.
entry:
  shl rax, 3
  sar edx, 31
  rol ebx, 7
  shr rsi, cl
  jc entry
  ret
