; The same addition where MXCSR was not as expected when the region was formed.
.checked
entry:
  addsd xmm0, xmm1
  ret
