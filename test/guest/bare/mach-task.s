# The first task of a GNU Mach system (a bootstrap module): opens the kernel's disks by the device protocol, reads sector 1
# of each and prints what stands there, up to a byte of zero. Runs at CPL 3; traps are far calls through the gate 7:0.
#
# The last argument is the device port, a number of one digit. Traps and message formats: Mach 3 Kernel
# Interfaces, chapters 2 and 10; typed messages as MIG makes them.
        .intel_syntax noprefix
        .globl  _start

        .equ    MACH_MSG_TRAP, -25
        .equ    MACH_REPLY_PORT, -26
        .equ    MACH_PRINT, -30
        .equ    SEND_AND_RECEIVE, 3
        .equ    COPY_SEND_MAKE_SEND_ONCE, 19 + (21 << 8)
        .equ    DEVICE_OPEN, 2800
        .equ    DEVICE_READ, 2804
        .equ    D_READ, 1
        .equ    ONE_INTEGER, 0x10012002         # inline, one of 32 bits, MACH_MSG_TYPE_INTEGER_32
        .equ    LONG_FORM, 0x30000000           # inline; name, size and number follow
        .equ    NAME_BITS, 128 * 8
        .equ    STRING_C, 12
        # Offsets in messages.
        .equ    SIZE, 4
        .equ    REMOTE_PORT, 8
        .equ    LOCAL_PORT, 12
        .equ    IDENTIFIER, 20
        .equ    BODY, 24
        .equ    RETURN_CODE, 28
        .equ    OPENED, 36                      # the port in the answer to DEVICE_OPEN
        .equ    DATA, 44                        # the address in the answer to DEVICE_READ

        .text
_start: mov     ebx, [esp]
        mov     ebx, [esp + ebx * 4]            # argv[argc - 1]
        movzx   ebx, byte ptr [ebx]
        sub     ebx, '0'
        mov     [device], ebx
        mov     eax, MACH_REPLY_PORT
        call    trap
        mov     [reply], eax
        push    offset runs
        call    print
        mov     esi, offset ide
        call    show
        mov     esi, offset ahci
        call    show
        push    offset end
        call    print
        jmp     .

# Sector 1 of the disk whose name is at ESI.
show:   mov     edi, offset message + BODY
        mov     eax, ONE_INTEGER
        stosd
        mov     eax, D_READ
        stosd
        mov     eax, LONG_FORM
        stosd
        mov     eax, STRING_C + (NAME_BITS << 16)
        stosd
        mov     eax, 1
        stosd
        mov     ecx, NAME_BITS / 8 / 4
        rep movsd
        mov     eax, [device]
        mov     ebx, DEVICE_OPEN
        call    rpc
        cmp     dword ptr [message + RETURN_CODE], 0
        jne     failed
        mov     eax, [message + OPENED]
        mov     esi, offset first
        mov     edi, offset message + BODY
        mov     ecx, 6
        rep movsd
        mov     ebx, DEVICE_READ
        call    rpc
        cmp     dword ptr [message + RETURN_CODE], 0
        jne     failed
        push    [message + DATA]
        call    print
        ret
failed: push    offset fails
        call    print
        ret

# Sends the message that ends at EDI to the port EAX as a call of EBX, and waits for the answer.
rpc:    sub     edi, offset message
        mov     dword ptr [message], COPY_SEND_MAKE_SEND_ONCE
        mov     [message + SIZE], edi
        mov     [message + REMOTE_PORT], eax
        mov     eax, [reply]
        mov     [message + LOCAL_PORT], eax
        mov     [message + IDENTIFIER], ebx
        push    0                               # nobody to notify
        push    0                               # no timeout
        push    eax                             # receive from
        push    1024
        push    edi
        push    SEND_AND_RECEIVE
        push    offset message
        mov     eax, MACH_MSG_TRAP
        call    trap
        add     esp, 28
        ret

# Prints the text whose address is the argument, and drops it.
print:  push    [esp + 4]
        mov     eax, MACH_PRINT
        call    trap
        add     esp, 4
        ret     4

# The kernel finds the arguments above the return address.
trap:   .byte   0x9a                            # CALL 7:0
        .long   0
        .word   7
        ret

        .data
runs:   .asciz  "the task runs\n"
fails:  .asciz  "the disk cannot be read\n"
end:    .asciz  "the task has read the disks\n"
ide:    .ascii  "hd0"
        .fill   NAME_BITS / 8 - 3
ahci:   .ascii  "sd0"
        .fill   NAME_BITS / 8 - 3
first:  .long   ONE_INTEGER, 0                  # mode
        .long   ONE_INTEGER, 1                  # sector
        .long   ONE_INTEGER, 512                # bytes

        .bss
device: .skip   4
reply:  .skip   4
        .align  4
message: .skip  1024
        .section .note.GNU-stack
