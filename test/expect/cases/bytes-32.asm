; High byte registers, and an absolute address, whose page cell is chosen by the page.
.bits 32
entry:
  mov ah, [0x804a010]
  add al, ah
  cmp al, 0x20
  jbe entry
  mov [0x804a011], al
  ret
