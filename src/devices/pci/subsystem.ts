// The subsystem that functions of this platform give (PCI Local Bus 3.0, section 6.2.4): that of the platform that
// guests know as "pc", which drivers and firmware look at to tell it from a mainboard of old.
export const SUBSYSTEM = { subsystemVendor: 0x1af4, subsystem: 0x1100 } as const;
