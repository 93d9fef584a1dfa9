// The registers of ATA and ATAPI devices as bits (ATA/ATAPI-7 volume 1, clause 7; volume 2, clause 5).

/** Status register. */
export const STATUS_BSY = 0x80;
export const STATUS_DRDY = 0x40;
/** Device fault. */
export const STATUS_DF = 0x20;
/** Seek complete, which drives before ATA-4 had and BIOSes look for. */
export const STATUS_DSC = 0x10;
export const STATUS_DRQ = 0x08;
/** Error; CHK for PACKET commands. */
export const STATUS_ERR = 0x01;

/** Error register. */
export const ERROR_ABRT = 0x04;
/** No such sector. */
export const ERROR_IDNF = 0x10;
/** Uncorrectable data. */
export const ERROR_UNC = 0x40;
/** Write-protected medium: the bit of UNC, for writes. */
export const ERROR_WP = 0x40;

/** Device register: device 1 is selected, and addresses are LBAs. */
export const DEVICE_DEV = 0x10;
export const DEVICE_LBA = 0x40;

/** Device Control register. */
export const CONTROL_NIEN = 0x02;
export const CONTROL_SRST = 0x04;
export const CONTROL_HOB = 0x80;

/** Interrupt reason: the Sector Count register of a PACKET command. */
export const REASON_COMMAND = 0x01;
export const REASON_TO_HOST = 0x02;

/** Offsets in the command block. */
export const REGISTER_DATA = 0;
export const REGISTER_FEATURES = 1;
export const REGISTER_COUNT = 2;
export const REGISTER_LOW = 3;
export const REGISTER_MID = 4;
export const REGISTER_HIGH = 5;
export const REGISTER_DEVICE = 6;
export const REGISTER_COMMAND = 7;
