// The escapes to coprocessor instructions, D8 to DF: Intel SDM volume 2D, tables. Memory
// rows (m) are in the left halves of the manual's tables, register rows (r, r0..r7) in the right.
//
// Undocumented but real, as processors do them: aliases of FCOM, FCOMP, FXCH and FSTP in D9, DC, DD, DE
// and DF; FFREEP (DF /0). FNENI, FNDISI and FNSETPM do nothing since the 387.
import { parseTable } from './notation.ts';

export const X87 = parseTable(
  'one-byte',
  `
D8 /0 m FADD    Md
D8 /1 m FMUL    Md
D8 /2 m FCOM    Md
D8 /3 m FCOMP   Md
D8 /4 m FSUB    Md
D8 /5 m FSUBR   Md
D8 /6 m FDIV    Md
D8 /7 m FDIVR   Md
D8 /0 r FADD    ST0,STi
D8 /1 r FMUL    ST0,STi
D8 /2 r FCOM    STi
D8 /3 r FCOMP   STi
D8 /4 r FSUB    ST0,STi
D8 /5 r FSUBR   ST0,STi
D8 /6 r FDIV    ST0,STi
D8 /7 r FDIVR   ST0,STi

D9 /0 m FLD     Md
D9 /2 m FST     Md
D9 /3 m FSTP    Md
D9 /4 m FLDENV  M
D9 /5 m FLDCW   Mw
D9 /6 m FNSTENV M
D9 /7 m FNSTCW  Mw
D9 /0 r FLD     STi
D9 /1 r FXCH    STi
D9 /2 r0 FNOP
D9 /3 r FSTP    STi
D9 /4 r0 FCHS
D9 /4 r1 FABS
D9 /4 r4 FTST
D9 /4 r5 FXAM
D9 /5 r0 FLD1
D9 /5 r1 FLDL2T
D9 /5 r2 FLDL2E
D9 /5 r3 FLDPI
D9 /5 r4 FLDLG2
D9 /5 r5 FLDLN2
D9 /5 r6 FLDZ
D9 /6 r0 F2XM1
D9 /6 r1 FYL2X
D9 /6 r2 FPTAN
D9 /6 r3 FPATAN
D9 /6 r4 FXTRACT
D9 /6 r5 FPREM1
D9 /6 r6 FDECSTP
D9 /6 r7 FINCSTP
D9 /7 r0 FPREM
D9 /7 r1 FYL2XP1
D9 /7 r2 FSQRT
D9 /7 r3 FSINCOS
D9 /7 r4 FRNDINT
D9 /7 r5 FSCALE
D9 /7 r6 FSIN
D9 /7 r7 FCOS

DA /0 m FIADD   Md
DA /1 m FIMUL   Md
DA /2 m FICOM   Md
DA /3 m FICOMP  Md
DA /4 m FISUB   Md
DA /5 m FISUBR  Md
DA /6 m FIDIV   Md
DA /7 m FIDIVR  Md
DA /0 r FCMOVcc ST0,STi cc=0 CMOV
DA /1 r FCMOVcc ST0,STi cc=1 CMOV
DA /2 r FCMOVcc ST0,STi cc=2 CMOV
DA /3 r FCMOVcc ST0,STi cc=3 CMOV
DA /5 r1 FUCOMPP

DB /0 m FILD    Md
DB /1 m FISTTP  Md      SSE3
DB /2 m FIST    Md
DB /3 m FISTP   Md
DB /5 m FLD     Mt
DB /7 m FSTP    Mt
DB /0 r FCMOVcc ST0,STi cc=4 CMOV
DB /1 r FCMOVcc ST0,STi cc=5 CMOV
DB /2 r FCMOVcc ST0,STi cc=6 CMOV
DB /3 r FCMOVcc ST0,STi cc=7 CMOV
DB /4 r0 FNOP
DB /4 r1 FNOP
DB /4 r2 FNCLEX
DB /4 r3 FNINIT
DB /4 r4 FNOP
DB /5 r FUCOMI  ST0,STi CMOV
DB /6 r FCOMI   ST0,STi CMOV

DC /0 m FADD    Mq
DC /1 m FMUL    Mq
DC /2 m FCOM    Mq
DC /3 m FCOMP   Mq
DC /4 m FSUB    Mq
DC /5 m FSUBR   Mq
DC /6 m FDIV    Mq
DC /7 m FDIVR   Mq
DC /0 r FADD    STi,ST0
DC /1 r FMUL    STi,ST0
DC /2 r FCOM    STi
DC /3 r FCOMP   STi
DC /4 r FSUBR   STi,ST0
DC /5 r FSUB    STi,ST0
DC /6 r FDIVR   STi,ST0
DC /7 r FDIV    STi,ST0

DD /0 m FLD     Mq
DD /1 m FISTTP  Mq      SSE3
DD /2 m FST     Mq
DD /3 m FSTP    Mq
DD /4 m FRSTOR  M
DD /6 m FNSAVE  M
DD /7 m FNSTSW  Mw
DD /0 r FFREE   STi
DD /1 r FXCH    STi
DD /2 r FST     STi
DD /3 r FSTP    STi
DD /4 r FUCOM   STi
DD /5 r FUCOMP  STi

DE /0 m FIADD   Mw
DE /1 m FIMUL   Mw
DE /2 m FICOM   Mw
DE /3 m FICOMP  Mw
DE /4 m FISUB   Mw
DE /5 m FISUBR  Mw
DE /6 m FIDIV   Mw
DE /7 m FIDIVR  Mw
DE /0 r FADDP   STi,ST0
DE /1 r FMULP   STi,ST0
DE /2 r FCOMP   STi
DE /3 r1 FCOMPP
DE /4 r FSUBRP  STi,ST0
DE /5 r FSUBP   STi,ST0
DE /6 r FDIVRP  STi,ST0
DE /7 r FDIVP   STi,ST0

DF /0 m FILD    Mw
DF /1 m FISTTP  Mw      SSE3
DF /2 m FIST    Mw
DF /3 m FISTP   Mw
DF /4 m FBLD    Mt
DF /5 m FILD    Mq
DF /6 m FBSTP   Mt
DF /7 m FISTP   Mq
DF /0 r FFREEP  STi
DF /1 r FXCH    STi
DF /2 r FSTP    STi
DF /3 r FSTP    STi
DF /4 r0 FNSTSW AX
DF /5 r FUCOMIP ST0,STi CMOV
DF /6 r FCOMIP  ST0,STi CMOV
`,
);
