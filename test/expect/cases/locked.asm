; With one processor a locked instruction is as any other.
entry:
  lock xadd [rdi], rax
  lock cmpxchg [rsi], rdx
  ret
