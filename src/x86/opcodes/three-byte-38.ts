// The three-byte opcode map 0F 38 xx: SSSE3, SSE4.1, SSE4.2, AES, MOVBE, CRC32, INVPCID. Intel SDM volume
// 2D, table A-4. PBLENDVB, BLENDVPS and BLENDVPD have XMM0 as an implicit operand.
import { parseTable } from './notation.ts';

export const THREE_BYTE_38 = parseTable(
  '0F38',
  `
NP 00   PSHUFB     Pq,Qq        SSSE3
66 00   PSHUFB     Vdq,Wdq      SSSE3
NP 01   PHADDW     Pq,Qq        SSSE3
66 01   PHADDW     Vdq,Wdq      SSSE3
NP 02   PHADDD     Pq,Qq        SSSE3
66 02   PHADDD     Vdq,Wdq      SSSE3
NP 03   PHADDSW    Pq,Qq        SSSE3
66 03   PHADDSW    Vdq,Wdq      SSSE3
NP 04   PMADDUBSW  Pq,Qq        SSSE3
66 04   PMADDUBSW  Vdq,Wdq      SSSE3
NP 05   PHSUBW     Pq,Qq        SSSE3
66 05   PHSUBW     Vdq,Wdq      SSSE3
NP 06   PHSUBD     Pq,Qq        SSSE3
66 06   PHSUBD     Vdq,Wdq      SSSE3
NP 07   PHSUBSW    Pq,Qq        SSSE3
66 07   PHSUBSW    Vdq,Wdq      SSSE3
NP 08   PSIGNB     Pq,Qq        SSSE3
66 08   PSIGNB     Vdq,Wdq      SSSE3
NP 09   PSIGNW     Pq,Qq        SSSE3
66 09   PSIGNW     Vdq,Wdq      SSSE3
NP 0A   PSIGND     Pq,Qq        SSSE3
66 0A   PSIGND     Vdq,Wdq      SSSE3
NP 0B   PMULHRSW   Pq,Qq        SSSE3
66 0B   PMULHRSW   Vdq,Wdq      SSSE3

66 10   PBLENDVB   Vdq,Wdq      SSE41
66 14   BLENDVPS   Vdq,Wdq      SSE41
66 15   BLENDVPD   Vdq,Wdq      SSE41
66 17   PTEST      Vdq,Wdq      SSE41
NP 1C   PABSB      Pq,Qq        SSSE3
66 1C   PABSB      Vdq,Wdq      SSSE3
NP 1D   PABSW      Pq,Qq        SSSE3
66 1D   PABSW      Vdq,Wdq      SSSE3
NP 1E   PABSD      Pq,Qq        SSSE3
66 1E   PABSD      Vdq,Wdq      SSSE3

66 20   PMOVSXBW   Vdq,Wq       SSE41
66 21   PMOVSXBD   Vdq,Wd       SSE41
66 22   PMOVSXBQ   Vdq,Ww       SSE41
66 23   PMOVSXWD   Vdq,Wq       SSE41
66 24   PMOVSXWQ   Vdq,Wd       SSE41
66 25   PMOVSXDQ   Vdq,Wq       SSE41
66 28   PMULDQ     Vdq,Wdq      SSE41
66 29   PCMPEQQ    Vdq,Wdq      SSE41
66 2A   MOVNTDQA   Vdq,Mdq      SSE41
66 2B   PACKUSDW   Vdq,Wdq      SSE41

66 30   PMOVZXBW   Vdq,Wq       SSE41
66 31   PMOVZXBD   Vdq,Wd       SSE41
66 32   PMOVZXBQ   Vdq,Ww       SSE41
66 33   PMOVZXWD   Vdq,Wq       SSE41
66 34   PMOVZXWQ   Vdq,Wd       SSE41
66 35   PMOVZXDQ   Vdq,Wq       SSE41
66 37   PCMPGTQ    Vdq,Wdq      SSE42
66 38   PMINSB     Vdq,Wdq      SSE41
66 39   PMINSD     Vdq,Wdq      SSE41
66 3A   PMINUW     Vdq,Wdq      SSE41
66 3B   PMINUD     Vdq,Wdq      SSE41
66 3C   PMAXSB     Vdq,Wdq      SSE41
66 3D   PMAXSD     Vdq,Wdq      SSE41
66 3E   PMAXUW     Vdq,Wdq      SSE41
66 3F   PMAXUD     Vdq,Wdq      SSE41

66 40   PMULLD     Vdq,Wdq      SSE41
66 41   PHMINPOSUW Vdq,Wdq      SSE41

66 82   INVPCID    Gr,Mdq       f64 INVPCID

66 DB   AESIMC     Vdq,Wdq      AES
66 DC   AESENC     Vdq,Wdq      AES
66 DD   AESENCLAST Vdq,Wdq      AES
66 DE   AESDEC     Vdq,Wdq      AES
66 DF   AESDECLAST Vdq,Wdq      AES

NP/66 F0 MOVBE     Gv,Mv        MOVBE
NP/66 F1 MOVBE     Mv,Gv        MOVBE
F2 F0   CRC32      Gy,Eb        SSE42
F2 F1   CRC32      Gy,Ev        SSE42
`,
);
