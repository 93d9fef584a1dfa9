; Code on two pages: the entry makes sure that the second is where it was.
.start 0xff0
entry:
  add eax, 1
  cmp eax, ecx
  jb entry
  jmp second
  .org 0x1010
second:
  mov edx, eax
  cmp edx, esi
  jb entry
  ret
