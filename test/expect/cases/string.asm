; REP is the interpreter's: the region ends before it. A single MOVS is plain code.
entry:
  mov ecx, 16
  movsb
  rep stosd
  ret
