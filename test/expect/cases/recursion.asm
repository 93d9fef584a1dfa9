; A function that calls itself: its returns share one list of predictions.
entry:
  cmp edi, 2
  jb done
  push rdi
  sub edi, 1
  call entry
back:
  pop rdi
  imul eax, edi
  ret
done:
  mov eax, 1
  ret
