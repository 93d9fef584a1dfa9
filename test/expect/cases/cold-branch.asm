; A branch that was never taken leaves the region, by the shared tail.
.cold error
entry:
  cmp rdi, 0x1000
  ja error
  lea rax, [rdi+rdi*4]
  ret
error:
  mov eax, -1
  ret
