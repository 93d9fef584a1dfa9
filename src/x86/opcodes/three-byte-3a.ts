// The three-byte opcode map 0F 3A xx: SSSE3, SSE4.1, SSE4.2, AES, PCLMULQDQ. Intel SDM volume 2D, table A-5.
import { parseTable } from './notation.ts';

export const THREE_BYTE_3A = parseTable(
  '0F3A',
  `
66 08   ROUNDPS    Vps,Wps,Ib   SSE41
66 09   ROUNDPD    Vpd,Wpd,Ib   SSE41
66 0A   ROUNDSS    Vss,Wss,Ib   SSE41
66 0B   ROUNDSD    Vsd,Wsd,Ib   SSE41
66 0C   BLENDPS    Vps,Wps,Ib   SSE41
66 0D   BLENDPD    Vpd,Wpd,Ib   SSE41
66 0E   PBLENDW    Vdq,Wdq,Ib   SSE41
NP 0F   PALIGNR    Pq,Qq,Ib     SSSE3
66 0F   PALIGNR    Vdq,Wdq,Ib   SSSE3

66 14   PEXTRB     Rd/Mb,Vdq,Ib SSE41
66 15   PEXTRW     Rd/Mw,Vdq,Ib SSE41
66 16   PEXTRD     Ed,Vdq,Ib    W0 SSE41
66 16   PEXTRQ     Eq,Vdq,Ib    W1 SSE41
66 17   EXTRACTPS  Ed,Vdq,Ib    SSE41

66 20   PINSRB     Vdq,Rd/Mb,Ib SSE41
66 21   INSERTPS   Vdq,Udq/Md,Ib SSE41
66 22   PINSRD     Vdq,Ed,Ib    W0 SSE41
66 22   PINSRQ     Vdq,Eq,Ib    W1 SSE41

66 40   DPPS       Vps,Wps,Ib   SSE41
66 41   DPPD       Vpd,Wpd,Ib   SSE41
66 42   MPSADBW    Vdq,Wdq,Ib   SSE41
66 44   PCLMULQDQ  Vdq,Wdq,Ib   PCLMULQDQ

66 60   PCMPESTRM  Vdq,Wdq,Ib   SSE42
66 61   PCMPESTRI  Vdq,Wdq,Ib   SSE42
66 62   PCMPISTRM  Vdq,Wdq,Ib   SSE42
66 63   PCMPISTRI  Vdq,Wdq,Ib   SSE42

66 DF   AESKEYGENASSIST Vdq,Wdq,Ib   AES
`,
);
