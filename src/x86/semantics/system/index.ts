// Meanings of the system instructions.
import type { Meaning } from '../meaning.ts';
import { controlRegisterMeanings } from './control.ts';
import { interruptMeanings } from './interrupts.ts';
import { segmentMeanings } from './segments.ts';

export const systemMeanings: readonly Meaning[] = [
  ...segmentMeanings,
  ...interruptMeanings,
  ...controlRegisterMeanings,
];
