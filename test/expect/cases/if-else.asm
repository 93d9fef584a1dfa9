; Both ways of a branch meet again.
entry:
  test rdi, rdi
  js negative
  add rax, rdi
  jmp done
negative:
  sub rax, rdi
done:
  mov [rsi], rax
  ret
