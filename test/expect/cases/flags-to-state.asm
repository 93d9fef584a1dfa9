; Flags that somebody outside may read are computed when the region is left.
entry:
  sub eax, ecx
  lahf
  ret
