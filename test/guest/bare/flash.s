# Firmware of 128 KiB in flash: runs from its shadow below 1 MiB, erases and programs the chip's first blocks, and calls what it
# has written there, often enough for a translator. Ends the machine through isa-debug-exit at port 0xf4 with the number of
# the step that went wrong, 0 where none did.
.intel_syntax noprefix
.set FLASH, 0xfffe0000
.set SHADOW, 0xf0000
.set CALLS, 20000

.text
.code16
.org 0x10000
start:
    cli
    cs lgdt [gdt_pointer - base]
    mov eax, 1
    mov cr0, eax
    .byte 0x66, 0xea                    # ljmp, with an offset of 32 bits
    .long 1f - base + SHADOW
    .word 0x08
.set base, start

.code32
1:  mov ax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, 0x7000
    mov edi, FLASH

# 1: it is flash
    mov ebp, 1
    mov byte ptr [edi], 0x50
    mov byte ptr [edi], 0x70
    cmp byte ptr [edi], 0
    jne done
    mov byte ptr [edi], 0xff
# 2: a block is erased
    inc ebp
    call erase
    cmp dword ptr [edi], -1
    jne done
    cmp dword ptr [edi + 0xffc], -1
    jne done
# 3: a routine is programmed, and called from there
    inc ebp
    mov esi, offset routine - base + SHADOW
    mov ecx, offset routine_end - routine
    call program
    mov ebx, CALLS
    call sum
    cmp eax, 7 * CALLS
    jne done
# 4: bits of it are cleared
    inc ebp
    mov byte ptr [edi + 1], 0x40
    mov byte ptr [edi + 1], 0xfe
    mov byte ptr [edi], 0xff
    mov ebx, CALLS
    call sum
    cmp eax, 6 * CALLS
    jne done
# 5: stores that are no commands change nothing
    inc ebp
    mov dword ptr [edi], 0
    xor eax, eax
    mov ecx, 16
    rep stosb
    mov edi, FLASH
    cmp byte ptr [edi], 0xb8
    jne done
# 6: another routine by the write buffer
    inc ebp
    call erase
    mov byte ptr [edi], 0xe8
    mov byte ptr [edi], 5
    mov esi, offset another - base + SHADOW
    mov ecx, 6
    rep movsb
    mov edi, FLASH
    mov byte ptr [edi], 0xd0
    test byte ptr [edi], 0x10
    jnz done
    mov byte ptr [edi], 0xff
    mov ebx, CALLS
    call sum
    cmp eax, 9 * CALLS
    jne done
    xor ebp, ebp
done:
    mov eax, ebp
    out 0xf4, eax
    hlt

# Erases the block at EDI.
erase:
    mov byte ptr [edi], 0x20
    mov byte ptr [edi], 0xd0
1:  test byte ptr [edi], 0x80
    jz 1b
    mov byte ptr [edi], 0xff
    ret

# Programs ECX bytes from ESI at EDI.
program:
    push edi
1:  lodsb
    mov byte ptr [edi], 0x40
    mov byte ptr [edi], al
2:  test byte ptr [edi], 0x80
    jz 2b
    inc edi
    loop 1b
    mov byte ptr [edi], 0xff
    pop edi
    ret

# The sum of what EBX calls of the routine at EDI give.
sum:
    xor edx, edx
1:  call edi
    add edx, eax
    dec ebx
    jnz 1b
    mov eax, edx
    ret

routine:
    mov eax, 7
    ret
routine_end:
another:
    mov eax, 9
    ret

.align 8
gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
    .word 23
    .long gdt - base + SHADOW

.code16
.org 0x1fff0
    ljmp 0xf000, 0
.org 0x20000
