; A comparison and its branch become one wasm comparison; the flags of ADD are dead.
entry:
  add rax, rcx
  cmp rax, rdx
  jb entry
  mov [rdi], rax
  ret
