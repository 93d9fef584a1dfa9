; A call that is not followed, since it never happened, but goes to the region's page: through a link cell.
.cold far
entry:
  push rbx
  call far
  pop rbx
  ret
  .org 0x180
far:
  ret
