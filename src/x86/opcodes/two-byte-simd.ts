// The two-byte opcode map (0F xx): MMX, SSE, SSE2 and SSE3. Intel SDM volume 2D, table A-3. MMX forms
// that came with SSE are gated by SSE (AMD announced them as MMXEXT earlier; not modelled).
//
// Widths are what an instruction uses of a register: Vss is 32 bits of an XMM register. MOVLPS Vq,Mq
// writes 64 bits and keeps the rest; MOVHPS and MOVLHPS are given the whole register.
import { parseTable } from './notation.ts';

export const TWO_BYTE_SIMD = parseTable(
  '0F',
  `
NP 10   MOVUPS     Vps,Wps      SSE
66 10   MOVUPD     Vpd,Wpd      SSE2
F3 10   MOVSS      Vss,Wss      SSE
F2 10   MOVSD      Vsd,Wsd      SSE2
NP 11   MOVUPS     Wps,Vps      SSE
66 11   MOVUPD     Wpd,Vpd      SSE2
F3 11   MOVSS      Wss,Vss      SSE
F2 11   MOVSD      Wsd,Vsd      SSE2
NP 12 m   MOVLPS     Vq,Mq        SSE
NP 12 r   MOVHLPS    Vdq,Udq      SSE
66 12   MOVLPD     Vq,Mq        SSE2
F3 12   MOVSLDUP   Vps,Wps      SSE3
F2 12   MOVDDUP    Vdq,Wq       SSE3
NP 13   MOVLPS     Mq,Vq        SSE
66 13   MOVLPD     Mq,Vq        SSE2
NP 14   UNPCKLPS   Vps,Wps      SSE
66 14   UNPCKLPD   Vpd,Wpd      SSE2
NP 15   UNPCKHPS   Vps,Wps      SSE
66 15   UNPCKHPD   Vpd,Wpd      SSE2
NP 16 m   MOVHPS     Vdq,Mq       SSE
NP 16 r   MOVLHPS    Vdq,Uq       SSE
66 16   MOVHPD     Vdq,Mq       SSE2
F3 16   MOVSHDUP   Vps,Wps      SSE3
NP 17   MOVHPS     Mq,Vdq       SSE
66 17   MOVHPD     Mq,Vdq       SSE2

NP 28   MOVAPS     Vps,Wps      SSE
66 28   MOVAPD     Vpd,Wpd      SSE2
NP 29   MOVAPS     Wps,Vps      SSE
66 29   MOVAPD     Wpd,Vpd      SSE2
NP 2A   CVTPI2PS   Vq,Qq        SSE
66 2A   CVTPI2PD   Vpd,Qq       SSE2
F3 2A   CVTSI2SS   Vss,Ey       SSE
F2 2A   CVTSI2SD   Vsd,Ey       SSE2
NP 2B   MOVNTPS    Mps,Vps      SSE
66 2B   MOVNTPD    Mpd,Vpd      SSE2
NP 2C   CVTTPS2PI  Pq,Wq        SSE
66 2C   CVTTPD2PI  Pq,Wpd       SSE2
F3 2C   CVTTSS2SI  Gy,Wss       SSE
F2 2C   CVTTSD2SI  Gy,Wsd       SSE2
NP 2D   CVTPS2PI   Pq,Wq        SSE
66 2D   CVTPD2PI   Pq,Wpd       SSE2
F3 2D   CVTSS2SI   Gy,Wss       SSE
F2 2D   CVTSD2SI   Gy,Wsd       SSE2
NP 2E   UCOMISS    Vss,Wss      SSE
66 2E   UCOMISD    Vsd,Wsd      SSE2
NP 2F   COMISS     Vss,Wss      SSE
66 2F   COMISD     Vsd,Wsd      SSE2

NP 50   MOVMSKPS   Gd,Ups       SSE
66 50   MOVMSKPD   Gd,Upd       SSE2
NP 51   SQRTPS     Vps,Wps      SSE
66 51   SQRTPD     Vpd,Wpd      SSE2
F3 51   SQRTSS     Vss,Wss      SSE
F2 51   SQRTSD     Vsd,Wsd      SSE2
NP 52   RSQRTPS    Vps,Wps      SSE
F3 52   RSQRTSS    Vss,Wss      SSE
NP 53   RCPPS      Vps,Wps      SSE
F3 53   RCPSS      Vss,Wss      SSE
NP 54   ANDPS      Vps,Wps      SSE
66 54   ANDPD      Vpd,Wpd      SSE2
NP 55   ANDNPS     Vps,Wps      SSE
66 55   ANDNPD     Vpd,Wpd      SSE2
NP 56   ORPS       Vps,Wps      SSE
66 56   ORPD       Vpd,Wpd      SSE2
NP 57   XORPS      Vps,Wps      SSE
66 57   XORPD      Vpd,Wpd      SSE2
NP 58   ADDPS      Vps,Wps      SSE
66 58   ADDPD      Vpd,Wpd      SSE2
F3 58   ADDSS      Vss,Wss      SSE
F2 58   ADDSD      Vsd,Wsd      SSE2
NP 59   MULPS      Vps,Wps      SSE
66 59   MULPD      Vpd,Wpd      SSE2
F3 59   MULSS      Vss,Wss      SSE
F2 59   MULSD      Vsd,Wsd      SSE2
NP 5A   CVTPS2PD   Vpd,Wq       SSE2
66 5A   CVTPD2PS   Vps,Wpd      SSE2
F3 5A   CVTSS2SD   Vsd,Wss      SSE2
F2 5A   CVTSD2SS   Vss,Wsd      SSE2
NP 5B   CVTDQ2PS   Vps,Wdq      SSE2
66 5B   CVTPS2DQ   Vdq,Wps      SSE2
F3 5B   CVTTPS2DQ  Vdq,Wps      SSE2
NP 5C   SUBPS      Vps,Wps      SSE
66 5C   SUBPD      Vpd,Wpd      SSE2
F3 5C   SUBSS      Vss,Wss      SSE
F2 5C   SUBSD      Vsd,Wsd      SSE2
NP 5D   MINPS      Vps,Wps      SSE
66 5D   MINPD      Vpd,Wpd      SSE2
F3 5D   MINSS      Vss,Wss      SSE
F2 5D   MINSD      Vsd,Wsd      SSE2
NP 5E   DIVPS      Vps,Wps      SSE
66 5E   DIVPD      Vpd,Wpd      SSE2
F3 5E   DIVSS      Vss,Wss      SSE
F2 5E   DIVSD      Vsd,Wsd      SSE2
NP 5F   MAXPS      Vps,Wps      SSE
66 5F   MAXPD      Vpd,Wpd      SSE2
F3 5F   MAXSS      Vss,Wss      SSE
F2 5F   MAXSD      Vsd,Wsd      SSE2

NP 60   PUNPCKLBW  Pq,Qd        MMX
66 60   PUNPCKLBW  Vdq,Wdq      SSE2
NP 61   PUNPCKLWD  Pq,Qd        MMX
66 61   PUNPCKLWD  Vdq,Wdq      SSE2
NP 62   PUNPCKLDQ  Pq,Qd        MMX
66 62   PUNPCKLDQ  Vdq,Wdq      SSE2
NP 63   PACKSSWB   Pq,Qq        MMX
66 63   PACKSSWB   Vdq,Wdq      SSE2
NP 64   PCMPGTB    Pq,Qq        MMX
66 64   PCMPGTB    Vdq,Wdq      SSE2
NP 65   PCMPGTW    Pq,Qq        MMX
66 65   PCMPGTW    Vdq,Wdq      SSE2
NP 66   PCMPGTD    Pq,Qq        MMX
66 66   PCMPGTD    Vdq,Wdq      SSE2
NP 67   PACKUSWB   Pq,Qq        MMX
66 67   PACKUSWB   Vdq,Wdq      SSE2
NP 68   PUNPCKHBW  Pq,Qq        MMX
66 68   PUNPCKHBW  Vdq,Wdq      SSE2
NP 69   PUNPCKHWD  Pq,Qq        MMX
66 69   PUNPCKHWD  Vdq,Wdq      SSE2
NP 6A   PUNPCKHDQ  Pq,Qq        MMX
66 6A   PUNPCKHDQ  Vdq,Wdq      SSE2
NP 6B   PACKSSDW   Pq,Qq        MMX
66 6B   PACKSSDW   Vdq,Wdq      SSE2
66 6C   PUNPCKLQDQ Vdq,Wdq      SSE2
66 6D   PUNPCKHQDQ Vdq,Wdq      SSE2
NP 6E   MOVD       Pd,Ed        W0 MMX
NP 6E   MOVQ       Pq,Eq        W1 MMX
66 6E   MOVD       Vd,Ed        W0 SSE2
66 6E   MOVQ       Vq,Eq        W1 SSE2
NP 6F   MOVQ       Pq,Qq        MMX
66 6F   MOVDQA     Vdq,Wdq      SSE2
F3 6F   MOVDQU     Vdq,Wdq      SSE2

NP 70   PSHUFW     Pq,Qq,Ib     SSE
66 70   PSHUFD     Vdq,Wdq,Ib   SSE2
F3 70   PSHUFHW    Vdq,Wdq,Ib   SSE2
F2 70   PSHUFLW    Vdq,Wdq,Ib   SSE2
NP 71 /2   PSRLW      Nq,Ib        MMX
66 71 /2   PSRLW      Udq,Ib       SSE2
NP 71 /4   PSRAW      Nq,Ib        MMX
66 71 /4   PSRAW      Udq,Ib       SSE2
NP 71 /6   PSLLW      Nq,Ib        MMX
66 71 /6   PSLLW      Udq,Ib       SSE2
NP 72 /2   PSRLD      Nq,Ib        MMX
66 72 /2   PSRLD      Udq,Ib       SSE2
NP 72 /4   PSRAD      Nq,Ib        MMX
66 72 /4   PSRAD      Udq,Ib       SSE2
NP 72 /6   PSLLD      Nq,Ib        MMX
66 72 /6   PSLLD      Udq,Ib       SSE2
NP 73 /2   PSRLQ      Nq,Ib        MMX
66 73 /2   PSRLQ      Udq,Ib       SSE2
66 73 /3   PSRLDQ     Udq,Ib       SSE2
NP 73 /6   PSLLQ      Nq,Ib        MMX
66 73 /6   PSLLQ      Udq,Ib       SSE2
66 73 /7   PSLLDQ     Udq,Ib       SSE2
NP 74   PCMPEQB    Pq,Qq        MMX
66 74   PCMPEQB    Vdq,Wdq      SSE2
NP 75   PCMPEQW    Pq,Qq        MMX
66 75   PCMPEQW    Vdq,Wdq      SSE2
NP 76   PCMPEQD    Pq,Qq        MMX
66 76   PCMPEQD    Vdq,Wdq      SSE2
NP 77   EMMS                    MMX
66 7C   HADDPD     Vpd,Wpd      SSE3
F2 7C   HADDPS     Vps,Wps      SSE3
66 7D   HSUBPD     Vpd,Wpd      SSE3
F2 7D   HSUBPS     Vps,Wps      SSE3
NP 7E   MOVD       Ed,Pd        W0 MMX
NP 7E   MOVQ       Eq,Pq        W1 MMX
66 7E   MOVD       Ed,Vd        W0 SSE2
66 7E   MOVQ       Eq,Vq        W1 SSE2
F3 7E   MOVQ       Vq,Wq        SSE2
NP 7F   MOVQ       Qq,Pq        MMX
66 7F   MOVDQA     Wdq,Vdq      SSE2
F3 7F   MOVDQU     Wdq,Vdq      SSE2

NP C2   CMPPS      Vps,Wps,Ib   SSE
66 C2   CMPPD      Vpd,Wpd,Ib   SSE2
F3 C2   CMPSS      Vss,Wss,Ib   SSE
F2 C2   CMPSD      Vsd,Wsd,Ib   SSE2
NP C4   PINSRW     Pq,Rd/Mw,Ib  SSE
66 C4   PINSRW     Vdq,Rd/Mw,Ib SSE2
NP C5   PEXTRW     Gd,Nq,Ib     SSE
66 C5   PEXTRW     Gd,Udq,Ib    SSE2
NP C6   SHUFPS     Vps,Wps,Ib   SSE
66 C6   SHUFPD     Vpd,Wpd,Ib   SSE2

66 D0   ADDSUBPD   Vpd,Wpd      SSE3
F2 D0   ADDSUBPS   Vps,Wps      SSE3
NP D1   PSRLW      Pq,Qq        MMX
66 D1   PSRLW      Vdq,Wdq      SSE2
NP D2   PSRLD      Pq,Qq        MMX
66 D2   PSRLD      Vdq,Wdq      SSE2
NP D3   PSRLQ      Pq,Qq        MMX
66 D3   PSRLQ      Vdq,Wdq      SSE2
NP D4   PADDQ      Pq,Qq        SSE2
66 D4   PADDQ      Vdq,Wdq      SSE2
NP D5   PMULLW     Pq,Qq        MMX
66 D5   PMULLW     Vdq,Wdq      SSE2
66 D6   MOVQ       Wq,Vq        SSE2
F3 D6   MOVQ2DQ    Vdq,Nq       SSE2
F2 D6   MOVDQ2Q    Pq,Uq        SSE2
NP D7   PMOVMSKB   Gd,Nq        SSE
66 D7   PMOVMSKB   Gd,Udq       SSE2
NP D8   PSUBUSB    Pq,Qq        MMX
66 D8   PSUBUSB    Vdq,Wdq      SSE2
NP D9   PSUBUSW    Pq,Qq        MMX
66 D9   PSUBUSW    Vdq,Wdq      SSE2
NP DA   PMINUB     Pq,Qq        SSE
66 DA   PMINUB     Vdq,Wdq      SSE2
NP DB   PAND       Pq,Qq        MMX
66 DB   PAND       Vdq,Wdq      SSE2
NP DC   PADDUSB    Pq,Qq        MMX
66 DC   PADDUSB    Vdq,Wdq      SSE2
NP DD   PADDUSW    Pq,Qq        MMX
66 DD   PADDUSW    Vdq,Wdq      SSE2
NP DE   PMAXUB     Pq,Qq        SSE
66 DE   PMAXUB     Vdq,Wdq      SSE2
NP DF   PANDN      Pq,Qq        MMX
66 DF   PANDN      Vdq,Wdq      SSE2

NP E0   PAVGB      Pq,Qq        SSE
66 E0   PAVGB      Vdq,Wdq      SSE2
NP E1   PSRAW      Pq,Qq        MMX
66 E1   PSRAW      Vdq,Wdq      SSE2
NP E2   PSRAD      Pq,Qq        MMX
66 E2   PSRAD      Vdq,Wdq      SSE2
NP E3   PAVGW      Pq,Qq        SSE
66 E3   PAVGW      Vdq,Wdq      SSE2
NP E4   PMULHUW    Pq,Qq        SSE
66 E4   PMULHUW    Vdq,Wdq      SSE2
NP E5   PMULHW     Pq,Qq        MMX
66 E5   PMULHW     Vdq,Wdq      SSE2
66 E6   CVTTPD2DQ  Vdq,Wpd      SSE2
F3 E6   CVTDQ2PD   Vpd,Wq       SSE2
F2 E6   CVTPD2DQ   Vdq,Wpd      SSE2
NP E7   MOVNTQ     Mq,Pq        SSE
66 E7   MOVNTDQ    Mdq,Vdq      SSE2
NP E8   PSUBSB     Pq,Qq        MMX
66 E8   PSUBSB     Vdq,Wdq      SSE2
NP E9   PSUBSW     Pq,Qq        MMX
66 E9   PSUBSW     Vdq,Wdq      SSE2
NP EA   PMINSW     Pq,Qq        SSE
66 EA   PMINSW     Vdq,Wdq      SSE2
NP EB   POR        Pq,Qq        MMX
66 EB   POR        Vdq,Wdq      SSE2
NP EC   PADDSB     Pq,Qq        MMX
66 EC   PADDSB     Vdq,Wdq      SSE2
NP ED   PADDSW     Pq,Qq        MMX
66 ED   PADDSW     Vdq,Wdq      SSE2
NP EE   PMAXSW     Pq,Qq        SSE
66 EE   PMAXSW     Vdq,Wdq      SSE2
NP EF   PXOR       Pq,Qq        MMX
66 EF   PXOR       Vdq,Wdq      SSE2

F2 F0   LDDQU      Vdq,Mdq      SSE3
NP F1   PSLLW      Pq,Qq        MMX
66 F1   PSLLW      Vdq,Wdq      SSE2
NP F2   PSLLD      Pq,Qq        MMX
66 F2   PSLLD      Vdq,Wdq      SSE2
NP F3   PSLLQ      Pq,Qq        MMX
66 F3   PSLLQ      Vdq,Wdq      SSE2
NP F4   PMULUDQ    Pq,Qq        SSE2
66 F4   PMULUDQ    Vdq,Wdq      SSE2
NP F5   PMADDWD    Pq,Qq        MMX
66 F5   PMADDWD    Vdq,Wdq      SSE2
NP F6   PSADBW     Pq,Qq        SSE
66 F6   PSADBW     Vdq,Wdq      SSE2
NP F7   MASKMOVQ   Pq,Nq        ds SSE
66 F7   MASKMOVDQU Vdq,Udq      ds SSE2
NP F8   PSUBB      Pq,Qq        MMX
66 F8   PSUBB      Vdq,Wdq      SSE2
NP F9   PSUBW      Pq,Qq        MMX
66 F9   PSUBW      Vdq,Wdq      SSE2
NP FA   PSUBD      Pq,Qq        MMX
66 FA   PSUBD      Vdq,Wdq      SSE2
NP FB   PSUBQ      Pq,Qq        SSE2
66 FB   PSUBQ      Vdq,Wdq      SSE2
NP FC   PADDB      Pq,Qq        MMX
66 FC   PADDB      Vdq,Wdq      SSE2
NP FD   PADDW      Pq,Qq        MMX
66 FD   PADDW      Vdq,Wdq      SSE2
NP FE   PADDD      Pq,Qq        MMX
66 FE   PADDD      Vdq,Wdq      SSE2
`,
);
