; ADC reads the carry of the addition before it; INC keeps it.
entry:
  add rax, rcx
  inc rsi
  adc rdx, rbx
  ret
