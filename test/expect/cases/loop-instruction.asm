; LOOP and JRCXZ.
entry:
  jrcxz done
again:
  add rax, [rsi]
  loop again
done:
  ret
