; Loads and stores of several widths, with and without sign.
entry:
  mov rax, [rdi]
  movzx ecx, word [rdi+8]
  movsx rdx, byte [rdi+rcx*2+10]
  mov [rsi], ecx
  mov byte [rsi+4], 7
  ret
