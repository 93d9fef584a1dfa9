; BT puts a bit into CF.
entry:
  bt rax, 5
  jc set
  bts rax, rcx
  bsf rdx, rax
set:
  ret
