; A loop with two entries: one of its blocks is copied.
entry:
  test eax, eax
  jz second
first:
  add ebx, 1
second:
  add ebx, 2
  dec ecx
  jnz first
  ret
