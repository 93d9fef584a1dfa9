; UCOMISD and the branch after it.
entry:
  ucomisd xmm0, xmm1
  ja entry
  cvttsd2si eax, xmm0
  ret
