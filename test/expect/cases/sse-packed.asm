; Packed integers are vector instructions of the host.
entry:
  movdqu xmm0, [rdi]
  paddd xmm0, xmm1
  pxor xmm0, xmm2
  pshufd xmm3, xmm0, 0x1b
  movdqu [rdi], xmm3
  ret
