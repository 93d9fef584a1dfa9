// What a text screen says, as one text.
import type { TextScreen } from '../backend/display/screen.ts';

/** The lines without the blanks at their ends. */
export const screenText = (text: TextScreen): string => text.lines.map((line) => line.trimEnd()).join('\n');
