; SETcc and CMOVcc of one comparison.
entry:
  cmp rdi, rsi
  setl al
  cmova rdx, rcx
  sete bl
  ret
