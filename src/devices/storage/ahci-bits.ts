// Bits of the registers of an AHCI host bus adapter (Serial ATA AHCI 1.3.1, section 3).

export const MOST_PORTS = 6;
export const COMMAND_SLOTS = 32;

// ---- generic host control ----

/** CAP: 4:0 ports less one  12:8 command slots less one  23:20 speed. */
export const CAP_PMD = 1 << 15;
/** AHCI only: no registers of IDE. */
export const CAP_SAM = 1 << 18;
export const CAP_ISS_3G = 2 << 20;
/** Command list override. */
export const CAP_SCLO = 1 << 24;
/** Staggered spin-up. */
export const CAP_SSS = 1 << 27;
/** Native command queuing. */
export const CAP_SNCQ = 1 << 30;
/** 64-bit addresses. */
export const CAP_S64A = 1 << 31;

export const GHC_HR = 1 << 0;
export const GHC_IE = 1 << 1;
export const GHC_AE = 1 << 31;

/** Version 1.3.1. */
export const VERSION_1_3_1 = 0x0001_0301;

// ---- PxIS, PxIE ----

/** Device to host register FIS, with its interrupt bit. */
export const PORT_DHRS = 1 << 0;
/** PIO setup FIS, likewise. */
export const PORT_PSS = 1 << 1;
/** DMA setup FIS, likewise. */
export const PORT_DSS = 1 << 2;
/** Set device bits FIS, likewise. */
export const PORT_SDBS = 1 << 3;
/** A descriptor that asks for it has been used up. */
export const PORT_DPS = 1 << 5;
/** PxSERR.DIAG.X. */
export const PORT_PCS = 1 << 6;
/** PxSERR.DIAG.N. */
export const PORT_PRCS = 1 << 22;
/** More data than memory was described for. */
export const PORT_OFS = 1 << 24;
/** A command that cannot be sent. */
export const PORT_IFS = 1 << 27;
/** The device has reported an error. */
export const PORT_TFES = 1 << 30;
/** PxIE: what exists here, and cold presence, mechanical presence, IPMS, INFS, HBDS, HBFS, UFS, which never come. */
export const PORT_INTERRUPTS = 0xfdc0_00ff;

// ---- PxCMD ----

export const CMD_ST = 1 << 0;
export const CMD_SUD = 1 << 1;
export const CMD_POD = 1 << 2;
export const CMD_CLO = 1 << 3;
export const CMD_FRE = 1 << 4;
export const CMD_CCS_SHIFT = 8;
export const CMD_FR = 1 << 14;
export const CMD_CR = 1 << 15;
export const CMD_ATAPI = 1 << 24;
export const CMD_DLAE = 1 << 25;

// ---- PxSSTS, PxSCTL, PxSERR ----

/** A device that talks, at 3 Gb/s (or the speed that 7:4 says), the link active. */
export const SSTS_PRESENT = 0x0103;
export const SSTS_OFFLINE = 0x0004;
export const SPEED_SHIFT = 4;
export const SPEED_3G = 2;
export const SCTL_DET = 0x000f;
export const SCTL_WRITABLE = 0x0fff;
export const DET_OFFLINE = 4;
export const SERR_DIAG_N = 1 << 16;
export const SERR_DIAG_X = 1 << 26;

// ---- PxTFD ----

export const TFD_BSY = 0x80;
export const TFD_DRQ = 0x08;
export const TFD_ERR = 0x01;
/** Before a device has told its status. */
export const TFD_NOBODY = 0x7f;
