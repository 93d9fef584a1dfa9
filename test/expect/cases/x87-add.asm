; x87 arithmetic calls routines.
entry:
  fld qword [rdi]
  fadd qword [rsi]
  fstp qword [rdi]
  ret
