; A short function is followed, and its return is predicted.
entry:
  mov edi, 3
  call twice
back:
  add eax, 1
  ret
twice:
  lea eax, [rdi+rdi]
  ret
