// What firmware does for an AHCI host bus adapter before an operating system has it (Serial ATA AHCI 1.3.1, section 10.1.2,
// step 6): what happened at power-on, when the devices came on the link, is acknowledged. A driver that enables the interrupt
// of PxSERR.DIAG.N without a look at PxSERR (GNU Mach's) would be interrupted for ever.
import type { GuestBus } from '../../base/guest-bus.ts';
import { pciFunctions, readPci } from '../../firmware/bios/pci-services.ts';

const CLASS = 0x08;
/** Mass storage, Serial ATA, AHCI 1.0. */
const AHCI = 0x01_0601;
const ABAR = 0x24;
const IS = 0x08;
const PI = 0x0c;
const FIRST_PORT = 0x100;
const PORT_SIZE = 0x80;
const PORTS = 32;
const PX_IS = 0x10;
const PX_SERR = 0x30;
const ALL = 0xffff_ffff;

/** Where BARs have been placed and decoding is on. */
export function setUpAhci(bus: GuestBus): void {
  for (const slot of pciFunctions(bus)) {
    if (readPci(bus, slot, CLASS, 4) >>> 8 !== AHCI) continue;
    const base = (readPci(bus, slot, ABAR, 4) & ~0xf) >>> 0;
    if (base === 0) continue;
    const implemented = bus.mmioRead(base + PI, 4);
    for (let port = 0; port < PORTS; port++) {
      if (((implemented >>> port) & 1) === 0) continue;
      const at = base + FIRST_PORT + port * PORT_SIZE;
      bus.mmioWrite(at + PX_SERR, 4, ALL);
      bus.mmioWrite(at + PX_IS, 4, ALL);
    }
    bus.mmioWrite(base + IS, 4, ALL);
  }
}
