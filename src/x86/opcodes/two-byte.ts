// The two-byte opcode map (0F xx): system, general-purpose and hint instructions. Intel SDM volume 2D,
// table A-3, and its opcode extensions (table A-6). The map's MMX and SSE rows are in two-byte-simd.ts.
//
// Undocumented but real: 0F FF (UD0) and 0F B9 (UD1) take a ModRM byte.
// The hint space 0F 18..1F is NOP but for the prefetches; 0F 0D is AMD's PREFETCH, PREFETCHW, undefined
// with a register as on AMD processors.
// Not here: VMX, SVM, SMX, MPX, CET, TSX, RDPKRU and whatever else FEATURE_BITS does not name.
import { parseTable } from './notation.ts';

export const TWO_BYTE = parseTable(
  '0F',
  `
00 /0   SLDT    Rv/Mw   pm
00 /1   STR     Rv/Mw   pm
00 /2   LLDT    Ew      pm
00 /3   LTR     Ew      pm
00 /4   VERR    Ew      pm
00 /5   VERW    Ew      pm
01 /0 m     SGDT    M       f64
01 /1 m     SIDT    M       f64
NP 01 /1 r0 MONITOR ds      MONITOR
NP 01 /1 r1 MWAIT           MONITOR
NP 01 /1 r2 CLAC            SMAP
NP 01 /1 r3 STAC            SMAP
01 /2 m     LGDT    M       f64
NP 01 /2 r0 XGETBV          XSAVE
NP 01 /2 r1 XSETBV          XSAVE
01 /3 m     LIDT    M       f64
01 /4       SMSW    Rv/Mw
01 /6       LMSW    Ew
01 /7 m     INVLPG  M
01 /7 r0    SWAPGS  o64
01 /7 r1    RDTSCP          RDTSCP
02      LAR     Gv,Ew   pm
03      LSL     Gv,Ew   pm
05      SYSCALL         SYSCALL
06      CLTS
07      SYSRET          SYSCALL
08      INVD
09      WBINVD
0B      UD2
0D m    PREFETCH Mb     PREFETCHW

18 /0 m PREFETCH Mb     SSE
18 /1 m PREFETCH Mb     SSE
18 /2 m PREFETCH Mb     SSE
18 /3 m PREFETCH Mb     SSE
18 /0 r NOP     Ev
18 /1 r NOP     Ev
18 /2 r NOP     Ev
18 /3 r NOP     Ev
18 /4   NOP     Ev
18 /5   NOP     Ev
18 /6   NOP     Ev
18 /7   NOP     Ev
19      NOP     Ev
1A      NOP     Ev
1B      NOP     Ev
1C      NOP     Ev
1D      NOP     Ev
1E      NOP     Ev
1F      NOP     Ev

20      MOV_CR  Rr,Cr   anymod f64
21      MOV_DR  Rr,Dr   anymod f64
22      MOV_CR  Cr,Rr   anymod f64
23      MOV_DR  Dr,Rr   anymod f64

30      WRMSR           MSR
31      RDTSC           TSC
32      RDMSR           MSR
33      RDPMC
34      SYSENTER        SEP
35      SYSEXIT         SEP

40cc    CMOVcc  Gv,Ev   CMOV
80cc    Jcc     Jz      f64
90cc    SETcc   Eb

A0      PUSH_SEGMENT  FS  d64
A1      POP_SEGMENT   FS  d64
A2      CPUID
A3      BT      Ev,Gv
A4      SHLD    Ev,Gv,Ib
A5      SHLD    Ev,Gv,CL
A8      PUSH_SEGMENT  GS  d64
A9      POP_SEGMENT   GS  d64
AA      RSM
AB      BTS     Ev,Gv   lock
AC      SHRD    Ev,Gv,Ib
AD      SHRD    Ev,Gv,CL
NP AE /0 m  FXSAVE   M      FXSR
NP AE /1 m  FXRSTOR  M      FXSR
NP AE /2 m  LDMXCSR  Md     SSE
NP AE /3 m  STMXCSR  Md     SSE
NP AE /4 m  XSAVE    M      XSAVE
NP AE /5 m  XRSTOR   M      XSAVE
NP AE /5 r  LFENCE          SSE2
NP AE /6 m  XSAVEOPT M      XSAVEOPT
NP AE /6 r  MFENCE          SSE2
NP AE /7 m  CLFLUSH  Mb     CLFSH
NP AE /7 r  SFENCE          SSE
F3 AE /0 r  RDFSBASE Ry     o64 FSGSBASE
F3 AE /1 r  RDGSBASE Ry     o64 FSGSBASE
F3 AE /2 r  WRFSBASE Ry     o64 FSGSBASE
F3 AE /3 r  WRGSBASE Ry     o64 FSGSBASE
AF      IMUL    Gv,Ev

B0      CMPXCHG Eb,Gb   lock
B1      CMPXCHG Ev,Gv   lock
B2      LSS     Gv,M
B3      BTR     Ev,Gv   lock
B4      LFS     Gv,M
B5      LGS     Gv,M
B6      MOVZX   Gv,Eb
B7      MOVZX   Gv,Ew
F3 B8   POPCNT  Gv,Ev   POPCNT
B9      UD1     Gv,Ev
BA /4   BT      Ev,Ib
BA /5   BTS     Ev,Ib   lock
BA /6   BTR     Ev,Ib   lock
BA /7   BTC     Ev,Ib   lock
BB      BTC     Ev,Gv   lock
BC      BSF     Gv,Ev
BD      BSR     Gv,Ev
BE      MOVSX   Gv,Eb
BF      MOVSX   Gv,Ew

C0      XADD    Eb,Gb   lock
C1      XADD    Ev,Gv   lock
NP C3   MOVNTI  My,Gy   SSE2
C7 /1 m CMPXCHG8B  M    lock W0 CX8
C7 /1 m CMPXCHG16B M    lock W1 CX16
NP/66 C7 /6 r   RDRAND  Rv      RDRAND
NP/66 C7 /7 r   RDSEED  Rv      RDSEED
C8+     BSWAP   Zv
FF      UD0     Gv,Ev
`,
);
