# Calls BIOS services from a list and tells what came back, on the debug console (port E9h). Boots from the first hard
# disk: sector 0 is this program's first part, which reads the rest and the list behind it.
#
#   list, a record of 40 bytes each:
#     0 what  1 interrupt  2 ds  4 es  8 eax  12 ebx  16 ecx  20 edx  24 esi  28 edi  32 ebp
#     what: 0 the end (exit by port 501h, or halt)   1 call the interrupt, tell 36 bytes: eax ebx ecx edx esi edi ebp es flags
#           2 tell cx bytes from ds:si               3 write al to ds:si
#           4 wait cx ticks                          5 write al to port dx      6 read port dx, tell a byte
#           7 call the 32-bit far routine at edi in protected mode (flat, interrupts off), tell as 1
#     Bytes are told as two hexadecimal digits, a record ends with a line feed.
        .code16
        .globl _start
        .set LIST, 0x1000
_start: cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7000, %sp
        sti
        cld
        ljmp    $0, $1f
1:      movb    %dl, drive
        # sectors 1 to 3 behind the first; 64 sectors of list
        movw    $packet, %si
        movb    $0x42, %ah
        int     $0x13
        movw    $packet2, %si
        movb    $0x42, %ah
        movb    drive, %dl
        int     $0x13
        jmp     run
drive:  .byte   0
        .balign 4
packet: .byte   16, 0, 3, 0
        .word   0x7e00, 0
        .quad   1
packet2: .byte  16, 0, 64, 0
        .word   0, LIST
        .quad   4
saved:  .fill   36
at:     .word   0
        .org    510
        .word   0xaa55

run:    movw    $0, at
next:   movw    at, %bp
        movw    $LIST, %ax
        movw    %ax, %fs
        addw    $40, at
        movb    %fs:(%bp), %al
        cmpb    $0, %al
        je      end
        cmpb    $1, %al
        je      call
        cmpb    $2, %al
        je      tell
        cmpb    $3, %al
        je      poke
        cmpb    $4, %al
        je      wait
        cmpb    $5, %al
        je      output
        cmpb    $6, %al
        je      input
        cmpb    $7, %al
        je      far32
end:    movw    $0x501, %dx
        movw    $0x31, %ax
        outw    %ax, %dx
        cli
        hlt

load:   movl    %fs:8(%bp), %eax
        movl    %fs:12(%bp), %ebx
        movl    %fs:16(%bp), %ecx
        movl    %fs:20(%bp), %edx
        movl    %fs:24(%bp), %esi
        movl    %fs:28(%bp), %edi
        ret

call:   movb    %fs:1(%bp), %al
        movb    %al, number
        call    load
        movw    %fs:4(%bp), %es
        pushw   %fs:2(%bp)
        movl    %fs:32(%bp), %ebp
        popw    %ds
        jmp     2f              # what is decoded already must not be changed
2:      .byte   0xcd
number: .byte   0
        pushfl
        pushw   %ds
        pushw   $0
        popw    %ds
        movl    %eax, saved
        movl    %ebx, saved+4
        movl    %ecx, saved+8
        movl    %edx, saved+12
        movl    %esi, saved+16
        movl    %edi, saved+20
        movl    %ebp, saved+24
        movw    %es, saved+28
        popw    %ax
        popl    %eax
        movl    %eax, saved+32
report: cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        sti
        cld
        movw    $saved, %si
        movw    $36, %cx
        call    dump
        jmp     next

tell:   call    load
        movw    %fs:2(%bp), %ds
        call    dump
        xorw    %ax, %ax
        movw    %ax, %ds
        jmp     next

poke:   call    load
        movw    %fs:2(%bp), %ds
        movb    %al, (%si)
        xorw    %ax, %ax
        movw    %ax, %ds
        jmp     next

wait:   call    load
3:      movw    0x46c, %ax
4:      hlt
        cmpw    0x46c, %ax
        je      4b
        loop    3b
        jmp     next

output: call    load
        outb    %al, %dx
        jmp     next

input:  call    load
        inb     %dx, %al
        movb    %al, saved
        movw    $saved, %si
        movw    $1, %cx
        call    dump
        jmp     next

# cx bytes from ds:si, and a line feed
dump:   jcxz    6f
5:      lodsb
        pushw   %ax
        shrb    $4, %al
        call    digit
        popw    %ax
        andb    $15, %al
        call    digit
        loop    5b
6:      movb    $10, %al
        outb    %al, $0xe9
        ret
digit:  addb    $'0', %al
        cmpb    $'9', %al
        jbe     7f
        addb    $39, %al
7:      outb    %al, $0xe9
        ret

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      # 08h: code, 32 bits, flat
        .quad   0x00cf93000000ffff      # 10h: data, flat
        .quad   0x00009b000000ffff      # 18h: code, 16 bits
        .quad   0x000093000000ffff      # 20h: data, 16 bits
gdtr:   .word   39
        .long   gdt
target: .long   0

far32:  call    load
        movl    %edi, target
        cli
        lgdtl   gdtr
        movl    %cr0, %ebp
        orl     $1, %ebp
        movl    %ebp, %cr0
        ljmpl   $8, $inside
        .code32
inside: movw    $0x10, %bp
        movw    %bp, %ds
        movw    %bp, %es
        movw    %bp, %ss
        movzwl  %sp, %esp
        pushl   %cs
        call    *target
        pushfl
        movl    %eax, saved
        movl    %ebx, saved+4
        movl    %ecx, saved+8
        movl    %edx, saved+12
        movl    %esi, saved+16
        movl    %edi, saved+20
        popl    saved+32
        ljmp    $0x18, $back
        .code16
back:   movw    $0x20, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    %cr0, %eax
        andl    $0xfffffffe, %eax
        movl    %eax, %cr0
        ljmp    $0, $outside
outside: xorw   %ax, %ax
        movw    %ax, %ss
        jmp     report
        .org    2048
