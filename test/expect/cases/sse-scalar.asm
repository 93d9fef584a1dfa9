; Scalar SSE; the region has made sure of MXCSR at its entry.
entry:
  movsd xmm0, [rdi]
  addsd xmm0, [rsi]
  mulsd xmm0, xmm1
  movsd [rdi], xmm0
  ret
