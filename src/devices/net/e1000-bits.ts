// Bits of the 82540EM's registers and descriptors (Intel PCI/PCI-X Family of Gigabit Ethernet Controllers Software
// Developer's Manual, 317453: chapter 13 for registers, chapter 3 for descriptors).

// Device Control
export const CTRL_FD = 0x0000_0001;
export const CTRL_SLU = 0x0000_0040;
export const CTRL_RST = 0x0400_0000;
export const CTRL_VME = 0x4000_0000;
export const CTRL_PHY_RST = 0x8000_0000;

// Device Status: full duplex, link up, 1000 Mb/s (also by auto-detection)
export const STATUS_FD = 0x001;
export const STATUS_LU = 0x002;
export const STATUS_SPEED_1000 = 0x080;
export const STATUS_ASDV_1000 = 0x200;

// EEPROM/Flash Control: the Microwire pins
export const EECD_SK = 0x001;
export const EECD_CS = 0x002;
export const EECD_DI = 0x004;
export const EECD_DO = 0x008;
export const EECD_FWE = 0x030;
export const EECD_REQ = 0x040;
export const EECD_GNT = 0x080;
export const EECD_PRES = 0x100;

export const EERD_START = 0x01;
export const EERD_DONE = 0x10;

// Interrupt causes (ICR, ICS, IMS, IMC). Bits 5 and 8 stand for nothing, and interrupt where they are set all the same:
// drivers' self-tests (`ethtool -t` of Linux) try the ten lowest.
export const ICR_TXDW = 0x0_0001;
export const ICR_TXQE = 0x0_0002;
export const ICR_LSC = 0x0_0004;
export const ICR_RXDMT0 = 0x0_0010;
export const ICR_RXO = 0x0_0040;
export const ICR_RXT0 = 0x0_0080;
export const ICR_MDAC = 0x0_0200;
export const ICR_TXD_LOW = 0x0_8000;
export const ICR_ALL = 0x1_f7ff;

/** Receive Address High: what can be stored of the address's upper part, AS and AV. */
export const RAH_STORED = 0x8003_ffff;

// Receive Control
export const RCTL_EN = 0x0000_0002;
export const RCTL_UPE = 0x0000_0008;
export const RCTL_MPE = 0x0000_0010;
export const RCTL_LPE = 0x0000_0020;
export const RCTL_LBM = 0x0000_00c0;
export const RCTL_BAM = 0x0000_8000;
export const RCTL_VFE = 0x0004_0000;
export const RCTL_CFIEN = 0x0008_0000;
export const RCTL_CFI = 0x0010_0000;
export const RCTL_BSEX = 0x0200_0000;
export const RCTL_SECRC = 0x0400_0000;

// Transmit Control
export const TCTL_EN = 0x2;
export const TCTL_PSP = 0x8;

// Receive Checksum Control
export const RXCSUM_IPOFL = 0x100;
export const RXCSUM_TUOFL = 0x200;

// Receive descriptors: status and errors
export const RXD_DD = 0x01;
export const RXD_EOP = 0x02;
export const RXD_IXSM = 0x04;
export const RXD_VP = 0x08;
export const RXD_TCPCS = 0x20;
export const RXD_IPCS = 0x40;
export const RXD_PIF = 0x80;
export const RXE_TCPE = 0x20;
export const RXE_IPE = 0x40;

// Transmit descriptors: command, status, options
export const TXC_EOP = 0x01;
export const TXC_IC = 0x04;
export const TXC_TSE = 0x04;
export const TXC_RS = 0x08;
export const TXC_RPS = 0x10;
export const TXC_DEXT = 0x20;
export const TXC_VLE = 0x40;
export const TXC_IDE = 0x80;
export const TXD_DD = 0x01;
export const TXO_IXSM = 0x01;
export const TXO_TXSM = 0x02;
/** TUCMD of a context descriptor: TCP (else UDP), and IPv4 (else IPv6). */
export const TUCMD_TCP = 0x01;
export const TUCMD_IP = 0x02;
