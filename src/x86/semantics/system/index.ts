// Meanings of the system instructions.
import type { Meaning } from '../meaning.ts';
import { controlRegisterMeanings } from './control.ts';
import { interruptReturnMeanings } from './interrupt-return.ts';
import { interruptMeanings } from './interrupts.ts';
import { segmentMeanings } from './segments.ts';
import { systemCallMeanings } from './system-calls.ts';

export const systemMeanings: readonly Meaning[] = [
  ...segmentMeanings,
  ...interruptMeanings,
  ...interruptReturnMeanings,
  ...systemCallMeanings,
  ...controlRegisterMeanings,
];
