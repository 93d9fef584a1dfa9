; The store of ADD m, r writes where its load has found the place.
entry:
  add [rdi], eax
  inc dword [rdi+4]
  ret
