// The protected-mode interface of VBE (VBE 2.0, section 4.13): three routines of 32-bit code that may be copied elsewhere, and
// before them a table of words with their offsets from the table, and that of a list of ports and memory, which is not there.
// They use the extension's registers (index port 1CEh, data port 1CFh) and the DAC.
//
// Entered by near calls with a privilege that may use these ports. AX is the status, as from INT 10h.

const TABLE = [0x08, 0x00, 0x22, 0x00, 0x6c, 0x00, 0x00, 0x00];

/** SetWindow: BX 0, DX the window. */
const SET_WINDOW = [
  ...[0x66, 0x85, 0xdb], // test bx, bx
  ...[0x75, 0x10], // jne to 1dh
  ...[0x60], // pushad
  ...[0x89, 0xd1], // mov ecx, edx
  ...[0xb0, 0x05], // mov al, 5
  ...[0xe8, 0x86, 0x00, 0x00, 0x00], // call WRITE
  ...[0x61], // popad
  ...[0x66, 0xb8, 0x4f, 0x00], // mov ax, 4fh
  ...[0xc3], // ret
  ...[0x66, 0xb8, 0x4f, 0x01], // mov ax, 14fh
  ...[0xc3], // ret
];

/** SetDisplayStart: DX:CX in units of four bytes. */
const SET_DISPLAY_START = [
  ...[0x60], // pushad
  ...[0xc1, 0xe2, 0x10], // shl edx, 16
  ...[0x66, 0x89, 0xca], // mov dx, cx
  ...[0xc1, 0xe2, 0x02], // shl edx, 2
  ...[0x89, 0xd6], // mov esi, edx
  ...[0xb0, 0x03], // mov al, 3
  ...[0xe8, 0x5e, 0x00, 0x00, 0x00], // call READ
  ...[0x83, 0xc0, 0x07], // add eax, 7
  ...[0xc1, 0xe8, 0x03], // shr eax, 3
  ...[0x89, 0xc3], // mov ebx, eax
  ...[0xb0, 0x06], // mov al, 6
  ...[0xe8, 0x4f, 0x00, 0x00, 0x00], // call READ
  ...[0xf7, 0xe3], // mul ebx
  ...[0x89, 0xc1], // mov ecx, eax
  ...[0xe3, 0x1c], // jecxz to 66h
  ...[0x96], // xchg esi, eax
  ...[0x31, 0xd2], // xor edx, edx
  ...[0xf7, 0xf1], // div ecx
  ...[0x50], // push eax
  ...[0x92], // xchg edx, eax
  ...[0x31, 0xd2], // xor edx, edx
  ...[0xf7, 0xf3], // div ebx
  ...[0x89, 0xc1], // mov ecx, eax
  ...[0xb0, 0x08], // mov al, 8
  ...[0xe8, 0x3f, 0x00, 0x00, 0x00], // call WRITE
  ...[0x59], // pop ecx
  ...[0xb0, 0x09], // mov al, 9
  ...[0xe8, 0x37, 0x00, 0x00, 0x00], // call WRITE
  ...[0x61], // popad
  ...[0x66, 0xb8, 0x4f, 0x00], // mov ax, 4fh
  ...[0xc3], // ret
];

/** SetPrimaryPaletteData: CX entries from DX on, at ES:EDI. */
const SET_PALETTE = [
  ...[0x60], // pushad
  ...[0x89, 0xd0], // mov eax, edx
  ...[0x66, 0xba, 0xc8, 0x03], // mov dx, 3c8h
  ...[0xee], // out dx, al
  ...[0x42], // inc edx
  ...[0x0f, 0xb7, 0xc9], // movzx ecx, cx
  ...[0xe3, 0x13], // jecxz to 8dh
  ...[0x26, 0x8a, 0x47, 0x02], // mov al, es:[edi+2]
  ...[0xee], // out dx, al
  ...[0x26, 0x8a, 0x47, 0x01], // mov al, es:[edi+1]
  ...[0xee], // out dx, al
  ...[0x26, 0x8a, 0x07], // mov al, es:[edi]
  ...[0xee], // out dx, al
  ...[0x83, 0xc7, 0x04], // add edi, 4
  ...[0xe2, 0xed], // loop to 7ah
  ...[0x61], // popad
  ...[0x66, 0xb8, 0x4f, 0x00], // mov ax, 4fh
  ...[0xc3], // ret
];

/** EAX = register AL of the extension. */
const READ = [
  ...[0xe8, 0x0f, 0x00, 0x00, 0x00], // call SELECT
  ...[0x31, 0xc0], // xor eax, eax
  ...[0x66, 0xed], // in ax, dx
  ...[0xc3], // ret
];

/** Register AL = CX. */
const WRITE = [
  ...[0xe8, 0x05, 0x00, 0x00, 0x00], // call SELECT
  ...[0x89, 0xc8], // mov eax, ecx
  ...[0x66, 0xef], // out dx, ax
  ...[0xc3], // ret
];

/** Selects register AL; EDX = the data port. */
const SELECT = [
  ...[0x0f, 0xb6, 0xc0], // movzx eax, al
  ...[0xba, 0xce, 0x01, 0x00, 0x00], // mov edx, 1ceh
  ...[0x66, 0xef], // out dx, ax
  ...[0x42], // inc edx
  ...[0xc3], // ret
];

/** The table and the routines: position-independent. */
export const VBE_PROTECTED: readonly number[] = [
  TABLE,
  SET_WINDOW,
  SET_DISPLAY_START,
  SET_PALETTE,
  READ,
  WRITE,
  SELECT,
].flat();
