# A Multiboot kernel that uses pc-testdev as test suites for hypervisors do: echo by string instructions and at all widths,
# interrupt lines through the 8259 (edge) and the I/O APIC (level), memory that is a device. It prints a line for each
# on COM1 and ends the machine through isa-debug-exit at port 0xf4: 0 where all went well (status 1), else 1 (status 3).
.intel_syntax noprefix
.set ECHO, 0xe0
.set FLUSH, 0xe4
.set ECHO_BYTES, 0xe8
.set LINES, 0x2000
.set MEMORY, 0xff000000
.set IO_APIC, 0xfec00000
.set LOCAL_APIC, 0xfee00000

.text
.align 4
.long 0x1badb002, 0, -0x1badb002

.macro say message
    mov esi, offset 9f
    call print
    .section .rodata
9:  .asciz "\message"
    .text
.endm

# Compares EAX; counts and names what differs.
.macro expect value, what
    cmp eax, \value
    je 8f
    inc dword ptr failed
    say "WRONG: \what\n"
    jmp 7f
8:  say "\what\n"
7:
.endm

.globl _start
_start:
    mov esp, offset stack_end
    lgdt gdt_pointer
    ljmp 0x08:offset 1f
1:  mov ax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax

# ---- echo ----
    mov dx, ECHO
    mov eax, 0x12345678
    out dx, eax
    mov dx, ECHO + 1
    mov al, 0xaa
    out dx, al
    mov dx, ECHO
    in eax, dx
    expect 0x1234aa78, "echo: a byte in the middle"
    mov esi, offset words
    mov ecx, 4
    rep outsd
    mov edi, offset buffer
    mov ecx, 3
    rep insd
    mov eax, dword ptr buffer + 8
    expect 0x44444444, "echo: string instructions"
    mov dx, ECHO_BYTES
    mov ax, 0xbeef
    out dx, ax
    mov dx, ECHO
    in eax, dx
    expect 0x4444beef, "echo: by bytes"
    mov dx, FLUSH
    mov eax, 0x100000
    out dx, eax
    in eax, dx
    expect 0, "flush: a page"

# ---- memory that is a device ----
    mov edi, MEMORY
    mov esi, offset words
    mov ecx, 16
    rep movsb
    mov eax, dword ptr [MEMORY + 5]
    expect 0x22222222 & 0xffffff | 0x33000000, "memory: unaligned read" # bytes 5 to 8
    mov dword ptr [MEMORY + 0x100], 7
    mov eax, 7
    mov ecx, 9
    lock cmpxchg dword ptr [MEMORY + 0x100], ecx
    mov eax, dword ptr [MEMORY + 0x100]
    expect 9, "memory: locked exchange"
    mov ebx, esp
    mov esp, MEMORY + 0x8000
    push 0x1234
    pop eax
    mov esp, ebx
    expect 0x1234, "memory: stack"

# ---- interrupts through the 8259 ----
    mov eax, 0x20 * 8
    mov ecx, offset on_edge
    mov ebx, 0x20 + 5
    call gate
    mov ecx, offset on_level
    mov ebx, 0x40
    call gate
    lidt idt_pointer
    mov al, 0x11
    out 0x20, al
    out 0xa0, al
    mov al, 0x20
    out 0x21, al
    mov al, 0x28
    out 0xa1, al
    mov al, 4
    out 0x21, al
    mov al, 2
    out 0xa1, al
    mov al, 1
    out 0x21, al
    out 0xa1, al
    mov al, 0xdf                        # IRQ 5 only
    out 0x21, al
    mov al, 0xff
    out 0xa1, al
    sti
    mov dx, LINES + 5
    mov al, 1
    out dx, al
    call settle
    out dx, al                          # high already: no second edge
    call settle
    mov al, 0
    out dx, al
    mov al, 0xff
    out dx, al
    call settle
    mov al, 0
    out dx, al
    mov eax, dword ptr edges
    expect 2, "line 5: two edges through the 8259"
    mov al, 0xff
    out 0x21, al

# ---- interrupts through the I/O APIC ----
    mov dword ptr [LOCAL_APIC + 0xf0], 0x1ff
    mov dword ptr [IO_APIC], 0x10 + 2 * 10
    mov dword ptr [IO_APIC + 0x10], 0x8040   # level, vector 40h
    mov dx, LINES + 10
    mov al, 1
    out dx, al
    call settle
    mov eax, dword ptr levels
    expect 3, "line 10: again until it is low, through the I/O APIC"
    cli

    mov eax, dword ptr failed
    test eax, eax
    setne al
    movzx eax, al
    out 0xf4, eax
    hlt

on_edge:
    push eax
    inc dword ptr edges
    mov al, 0x20
    out 0x20, al
    pop eax
    iret

# The line goes low at the third time.
on_level:
    push eax
    push edx
    inc dword ptr levels
    cmp dword ptr levels, 3
    jb 1f
    mov dx, LINES + 10
    mov al, 0
    out dx, al
1:  mov dword ptr [LOCAL_APIC + 0xb0], 0
    pop edx
    pop eax
    iret

# An interrupt may take a while where code is translated in long pieces.
settle:
    mov ecx, 1000
1:  loop 1b
    ret

# An interrupt gate for vector EBX to ECX.
gate:
    mov word ptr idt[ebx * 8], cx
    mov word ptr idt[ebx * 8 + 2], 0x08
    mov word ptr idt[ebx * 8 + 4], 0x8e00
    shr ecx, 16
    mov word ptr idt[ebx * 8 + 6], cx
    ret

print:
    push eax
    push edx
1:  lodsb
    test al, al
    jz 2f
    mov ah, al
    mov dx, 0x3fd
3:  in al, dx
    test al, 0x20
    jz 3b
    mov al, ah
    mov dx, 0x3f8
    out dx, al
    jmp 1b
2:  pop edx
    pop eax
    ret

.section .rodata
.align 8
gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
    .word 23
    .long gdt
idt_pointer:
    .word 0x41 * 8 - 1
    .long idt
.align 4
words:
    .long 0x11111111, 0x22222222, 0x33333333, 0x44444444

.bss
.align 8
idt:    .space 0x41 * 8
failed: .space 4
edges:  .space 4
levels: .space 4
buffer: .space 16
.space 4096
stack_end:
