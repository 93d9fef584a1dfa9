// The one-byte opcode map: Intel SDM volume 2D, table A-2, and its opcode extensions (table A-6).
// The escapes to coprocessor instructions, D8 to DF, are in x87.ts.
//
// Undocumented but real: 82 (alias of 80), C0/C1/D0..D3 /6 (SHL), D6 (SALC), F1 (INT1), F6/F7 /1 (TEST).
// Prefixes (26 2E 36 3E 40..4F in 64-bit mode, 64..67, F0, F2, F3) have no rows.
import { parseTable } from './notation.ts';

export const ONE_BYTE = parseTable(
  'one-byte',
  `
00      ADD     Eb,Gb   lock
01      ADD     Ev,Gv   lock
02      ADD     Gb,Eb
03      ADD     Gv,Ev
04      ADD     AL,Ib
05      ADD     rAX,Iz
06      PUSH_SEGMENT  ES  i64
07      POP_SEGMENT   ES  i64
08      OR      Eb,Gb   lock
09      OR      Ev,Gv   lock
0A      OR      Gb,Eb
0B      OR      Gv,Ev
0C      OR      AL,Ib
0D      OR      rAX,Iz
0E      PUSH_SEGMENT  CS  i64

10      ADC     Eb,Gb   lock
11      ADC     Ev,Gv   lock
12      ADC     Gb,Eb
13      ADC     Gv,Ev
14      ADC     AL,Ib
15      ADC     rAX,Iz
16      PUSH_SEGMENT  SS  i64
17      POP_SEGMENT   SS  i64
18      SBB     Eb,Gb   lock
19      SBB     Ev,Gv   lock
1A      SBB     Gb,Eb
1B      SBB     Gv,Ev
1C      SBB     AL,Ib
1D      SBB     rAX,Iz
1E      PUSH_SEGMENT  DS  i64
1F      POP_SEGMENT   DS  i64

20      AND     Eb,Gb   lock
21      AND     Ev,Gv   lock
22      AND     Gb,Eb
23      AND     Gv,Ev
24      AND     AL,Ib
25      AND     rAX,Iz
27      DAA     i64
28      SUB     Eb,Gb   lock
29      SUB     Ev,Gv   lock
2A      SUB     Gb,Eb
2B      SUB     Gv,Ev
2C      SUB     AL,Ib
2D      SUB     rAX,Iz
2F      DAS     i64

30      XOR     Eb,Gb   lock
31      XOR     Ev,Gv   lock
32      XOR     Gb,Eb
33      XOR     Gv,Ev
34      XOR     AL,Ib
35      XOR     rAX,Iz
37      AAA     i64
38      CMP     Eb,Gb
39      CMP     Ev,Gv
3A      CMP     Gb,Eb
3B      CMP     Gv,Ev
3C      CMP     AL,Ib
3D      CMP     rAX,Iz
3F      AAS     i64

40+     INC     Zv      i64
48+     DEC     Zv      i64
50+     PUSH    Zv      d64
58+     POP     Zv      d64
60      PUSHA   i64
61      POPA    i64
62      BOUND   Gv,M    i64
63      ARPL    Ew,Gw   i64 pm
63      MOVSXD  Gv,Ez   o64
68      PUSH    Iz      d64
69      IMUL    Gv,Ev,Iz
6A      PUSH    Ibs     d64
6B      IMUL    Gv,Ev,Ibs
6C      INS     Yb,DX   rep
6D      INS     Yz,DX   rep
6E      OUTS    DX,Xb   rep
6F      OUTS    DX,Xz   rep
70cc    Jcc     Jb      f64

80 /0   ADD     Eb,Ib   lock
80 /1   OR      Eb,Ib   lock
80 /2   ADC     Eb,Ib   lock
80 /3   SBB     Eb,Ib   lock
80 /4   AND     Eb,Ib   lock
80 /5   SUB     Eb,Ib   lock
80 /6   XOR     Eb,Ib   lock
80 /7   CMP     Eb,Ib
81 /0   ADD     Ev,Iz   lock
81 /1   OR      Ev,Iz   lock
81 /2   ADC     Ev,Iz   lock
81 /3   SBB     Ev,Iz   lock
81 /4   AND     Ev,Iz   lock
81 /5   SUB     Ev,Iz   lock
81 /6   XOR     Ev,Iz   lock
81 /7   CMP     Ev,Iz
82 /0   ADD     Eb,Ib   lock i64
82 /1   OR      Eb,Ib   lock i64
82 /2   ADC     Eb,Ib   lock i64
82 /3   SBB     Eb,Ib   lock i64
82 /4   AND     Eb,Ib   lock i64
82 /5   SUB     Eb,Ib   lock i64
82 /6   XOR     Eb,Ib   lock i64
82 /7   CMP     Eb,Ib   i64
83 /0   ADD     Ev,Ibs  lock
83 /1   OR      Ev,Ibs  lock
83 /2   ADC     Ev,Ibs  lock
83 /3   SBB     Ev,Ibs  lock
83 /4   AND     Ev,Ibs  lock
83 /5   SUB     Ev,Ibs  lock
83 /6   XOR     Ev,Ibs  lock
83 /7   CMP     Ev,Ibs
84      TEST    Eb,Gb
85      TEST    Ev,Gv
86      XCHG    Eb,Gb   lock
87      XCHG    Ev,Gv   lock
88      MOV     Eb,Gb
89      MOV     Ev,Gv
8A      MOV     Gb,Eb
8B      MOV     Gv,Ev
8C      MOV_SEGMENT  Rv/Mw,Sw
8D      LEA     Gv,M
8E      MOV_SEGMENT  Sw,Ew
8F /0   POP     Ev      d64

90      NOP     B0
F3 90   PAUSE   B0
90+     XCHG    Zv,rAX
98      CBW
99      CWD
9A      CALLF   Az      i64
9B      FWAIT
9C      PUSHF   d64
9D      POPF    d64
9E      SAHF
9F      LAHF

A0      MOV     AL,Ob
A1      MOV     rAX,Ov
A2      MOV     Ob,AL
A3      MOV     Ov,rAX
A4      MOVS    Yb,Xb   rep
A5      MOVS    Yv,Xv   rep
A6      CMPS    Xb,Yb   rep
A7      CMPS    Xv,Yv   rep
A8      TEST    AL,Ib
A9      TEST    rAX,Iz
AA      STOS    Yb      rep
AB      STOS    Yv      rep
AC      LODS    Xb      rep
AD      LODS    Xv      rep
AE      SCAS    Yb      rep
AF      SCAS    Yv      rep
B0+     MOV     Zb,Ib
B8+     MOV     Zv,Iv

C0 /0   ROL     Eb,Ib
C0 /1   ROR     Eb,Ib
C0 /2   RCL     Eb,Ib
C0 /3   RCR     Eb,Ib
C0 /4   SHL     Eb,Ib
C0 /5   SHR     Eb,Ib
C0 /6   SHL     Eb,Ib
C0 /7   SAR     Eb,Ib
C1 /0   ROL     Ev,Ib
C1 /1   ROR     Ev,Ib
C1 /2   RCL     Ev,Ib
C1 /3   RCR     Ev,Ib
C1 /4   SHL     Ev,Ib
C1 /5   SHR     Ev,Ib
C1 /6   SHL     Ev,Ib
C1 /7   SAR     Ev,Ib
C2      RET     Iw      f64
C3      RET     f64
C4      LES     Gz,M    i64
C5      LDS     Gz,M    i64
C6 /0   MOV     Eb,Ib
C7 /0   MOV     Ev,Iz
C8      ENTER   Iw,Ib   d64
C9      LEAVE   d64
CA      RETF    Iw
CB      RETF
CC      INT3
CD      INT     Ib
CE      INTO    i64
CF      IRET

D0 /0   ROL     Eb,1
D0 /1   ROR     Eb,1
D0 /2   RCL     Eb,1
D0 /3   RCR     Eb,1
D0 /4   SHL     Eb,1
D0 /5   SHR     Eb,1
D0 /6   SHL     Eb,1
D0 /7   SAR     Eb,1
D1 /0   ROL     Ev,1
D1 /1   ROR     Ev,1
D1 /2   RCL     Ev,1
D1 /3   RCR     Ev,1
D1 /4   SHL     Ev,1
D1 /5   SHR     Ev,1
D1 /6   SHL     Ev,1
D1 /7   SAR     Ev,1
D2 /0   ROL     Eb,CL
D2 /1   ROR     Eb,CL
D2 /2   RCL     Eb,CL
D2 /3   RCR     Eb,CL
D2 /4   SHL     Eb,CL
D2 /5   SHR     Eb,CL
D2 /6   SHL     Eb,CL
D2 /7   SAR     Eb,CL
D3 /0   ROL     Ev,CL
D3 /1   ROR     Ev,CL
D3 /2   RCL     Ev,CL
D3 /3   RCR     Ev,CL
D3 /4   SHL     Ev,CL
D3 /5   SHR     Ev,CL
D3 /6   SHL     Ev,CL
D3 /7   SAR     Ev,CL
D4      AAM     Ib      i64
D5      AAD     Ib      i64
D6      SALC    i64
D7      XLAT    ds

E0      LOOPNE  Jb      f64
E1      LOOPE   Jb      f64
E2      LOOP    Jb      f64
E3      JCXZ    Jb      f64
E4      IN      AL,Ib
E5      IN      eAX,Ib
E6      OUT     Ib,AL
E7      OUT     Ib,eAX
E8      CALL    Jz      f64
E9      JMP     Jz      f64
EA      JMPF    Az      i64
EB      JMP     Jb      f64
EC      IN      AL,DX
ED      IN      eAX,DX
EE      OUT     DX,AL
EF      OUT     DX,eAX

F1      INT1
F4      HLT
F5      CMC
F6 /0   TEST    Eb,Ib
F6 /1   TEST    Eb,Ib
F6 /2   NOT     Eb      lock
F6 /3   NEG     Eb      lock
F6 /4   MUL     Eb
F6 /5   IMUL    Eb
F6 /6   DIV     Eb
F6 /7   IDIV    Eb
F7 /0   TEST    Ev,Iz
F7 /1   TEST    Ev,Iz
F7 /2   NOT     Ev      lock
F7 /3   NEG     Ev      lock
F7 /4   MUL     Ev
F7 /5   IMUL    Ev
F7 /6   DIV     Ev
F7 /7   IDIV    Ev
F8      CLC
F9      STC
FA      CLI
FB      STI
FC      CLD
FD      STD
FE /0   INC     Eb      lock
FE /1   DEC     Eb      lock
FF /0   INC     Ev      lock
FF /1   DEC     Ev      lock
FF /2   CALL    Ev      f64
FF /3   CALLF   M
FF /4   JMP     Ev      f64
FF /5   JMPF    M
FF /6   PUSH    Ev      d64
`,
);
