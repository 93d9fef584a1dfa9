; The example of docs/translator.md: sums up an array.
.cold done
entry:
  add rax, [rsi]
  add rsi, 8
  cmp rsi, rdi
  jb entry
done:
  nop
