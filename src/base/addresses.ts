// Addresses have types: a guest-physical address, a linear address and a port are all numbers,
// and mixing them up is the classic bug of a VMM. The brands exist at compile time only.
//
// A linear address (and RIP) is kept as the *signed* value of its 64 bits: canonical addresses lie
// in [-2^47, 2^47), which a double represents exactly; a non-canonical one loses low bits, which
// nobody may look at, since it only ever faults. Outside long mode it is 0 .. 2^32-1.

declare const brand: unique symbol;

/** Guest-physical address in bytes, 0 .. 2^52-1. */
export type GuestPhysical = number & { readonly [brand]?: 'GuestPhysical' | undefined };

/** Linear (virtual) address in bytes; see the head of this file for its range. */
export type Linear = number & { readonly [brand]?: 'Linear' | undefined };

/** I/O port, 0 .. 0xFFFF. */
export type Port = number & { readonly [brand]?: 'Port' | undefined };

export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;
