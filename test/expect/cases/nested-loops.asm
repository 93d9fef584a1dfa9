; Two loops, one in the other; each checks the budget at its header.
entry:
  xor eax, eax
outer:
  mov ecx, 10
inner:
  add eax, ecx
  dec ecx
  jnz inner
  dec edx
  jnz outer
  ret
