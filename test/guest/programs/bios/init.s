# Comes back from protected mode as programs of the 80286 do: by an INIT of the processor, with the shutdown status in CMOS
# byte 0Fh saying where to go on. Tells a letter for each on the debug console (port E9h), after which it is a small one where
# the interrupt controller's mask, a device's state, was lost; then exits by port 501h.
#
#   K keyboard controller FEh   A port 92h   R port CF9h without its hard bit   T triple fault   I INIT by the local APIC
#   5 end of interrupt and jump   B IRET   C far return
        .code16
        .globl _start
        .set MARK, 0xe9
_start: cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7000, %sp
        cld
        ljmp    $0, $1f
1:      movb    $MARK, %al
        outb    %al, $0x21
        movw    $steps, next

step:   movw    next, %si
        lodsw                           # status, way
        movw    %ax, %cx
        cmpb    $0, %cl
        je      end
        lodsb
        movb    %al, letter
        movw    %si, next
        movb    $0x0f, %al
        outb    %al, $0x70
        movb    %cl, %al
        outb    %al, $0x71
        movw    $back, 0x467            # for jumps
        movw    $0, 0x469
        cmpb    $0x0b, %cl
        jb      enter
        movw    $frame, 0x467           # for returns: IP, CS, FLAGS
enter:  lgdt    gdtr
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmp    $8, $1f
        .code32
1:      movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        cmpb    $1, %ch
        je      way1
        cmpb    $2, %ch
        je      way2
        cmpb    $3, %ch
        je      way3
        cmpb    $4, %ch
        je      way4
        movb    $0xfe, %al              # the keyboard controller
        outb    %al, $0x64
        jmp     stay
way1:   inb     $0x92, %al
        andb    $0xfe, %al
        outb    %al, $0x92
        orb     $1, %al
        outb    %al, $0x92
        jmp     stay
way2:   movw    $0xcf9, %dx
        xorb    %al, %al
        outb    %al, %dx
        movb    $4, %al
        outb    %al, %dx
        jmp     stay
way3:   lidt    none
        int     $3
way4:   movl    $0x00044500, 0xfee00300 # to itself, INIT, level, assert
stay:   hlt
        jmp     stay

        .code16
back:   cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7000, %sp
        movb    letter, %bl
        inb     $0x21, %al
        cmpb    $MARK, %al
        je      1f
        orb     $0x20, %bl
1:      movb    $0x0f, %al              # the status is used up
        outb    %al, $0x70
        inb     $0x71, %al
        testb   %al, %al
        jz      1f
        movb    $'?', %bl
1:      movb    %bl, %al
        outb    %al, $0xe9
        jmp     step
end:    movw    $0x501, %dx
        xorb    %al, %al
        outb    %al, %dx
        hlt

        .balign 4
gdt:    .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00cf93000000ffff
gdtr:   .word   23
        .long   gdt
none:   .word   0
        .long   0
frame:  .word   back, 0, 2
next:   .word   0
letter: .byte   0
steps:  .byte   0x0a, 0, 'K', 0x0a, 1, 'A', 0x0a, 2, 'R', 0x0a, 3, 'T', 0x0a, 4, 'I'
        .byte   5, 0, '5', 0x0b, 0, 'B', 0x0c, 0, 'C', 0, 0, 0
        .org    510
        .word   0xaa55
