// What both programs share: types, output on port E9h, descriptors, and the stubs of 256 exception handlers.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

static inline void write_port(u16 port, u8 value) {
  __asm__ volatile("outb %0,%1" : : "a"(value), "Nd"(port));
}
static void put_text(const char *text) {
  while (*text) write_port(0xe9, *text++);
}
static void put_hex(u64 value, int digits) {
  for (int i = 4 * digits - 4; i >= 0; i -= 4) write_port(0xe9, "0123456789abcdef"[(value >> i) & 15]);
}
static void put_field(const char *name, u64 value) {
  put_text(" ");
  put_text(name);
  put_text("=");
  put_hex(value, 2 * sizeof(void *));
}

/** A segment descriptor; attributes as in the high dword from bit 8: type, S, DPL, P, then AVL, L, D, G from bit 12. */
static u64 segment(u32 base, u32 limit, u32 attributes) {
  return (limit & 0xffff) | ((u64)(base & 0xffffff) << 16) | ((u64)(attributes & 0xff) << 40) |
         ((u64)((limit >> 16) & 15) << 48) | ((u64)((attributes >> 12) & 15) << 52) | ((u64)(base >> 24) << 56);
}
static u64 gate(u32 selector, u32 offset, u32 type, u32 dpl, u32 extra) {
  return (offset & 0xffff) | ((u64)selector << 16) | ((u64)extra << 32) |
         ((u64)(0x80 | dpl << 5 | type) << 40) | ((u64)(offset >> 16) << 48);
}

/** Clears P of a gate. */
#define ABSENT ~(0x80ull << 40)

/** Stub n: 16 bytes each; pushes 11111111h where the processor pushes no error code, then the vector. */
__asm__(".text\n.align 16\n.globl stubs\nstubs:\n"
        ".set vector, 0\n"
        ".rept 256\n"
        "  .align 16\n"
        "  .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17)\n"
        "  .else\n"
        "    push $0x11111111\n"
        "  .endif\n"
        "  .byte 0x68\n"
        "  .long vector\n"
        "  jmp common\n"
        "  .set vector, vector + 1\n"
        ".endr\n");
extern u8 stubs[];
