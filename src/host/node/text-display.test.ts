import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Frame, ScreenHub, type TextScreen } from '../../backend/display/screen.ts';
import { TextDisplay } from './text-display.ts';

function build() {
  const frame: Frame = { width: 640, height: 480, pixels: new Uint32Array(640 * 480) };
  let text: TextScreen | undefined = {
    columns: 4,
    rows: 2,
    lines: ['ab│ ', '    '],
    attributes: new Uint8Array(8).fill(0x07),
    colours: new Uint32Array(16),
    cursor: { column: 0, row: 1 },
  };
  let written = '';
  const display = new TextDisplay(new ScreenHub({ frame, refresh: () => [], text: () => text }), {
    write: (piece) => {
      written += piece;
    },
  });
  return {
    frame,
    display,
    change: (next: Partial<TextScreen> | undefined) => {
      text = next && { ...text!, ...next };
    },
    take: () => {
      display.refresh();
      const result = written;
      written = '';
      return result;
    },
  };
}

test('the screen is drawn once, then only what changes', () => {
  const { frame, display, change, take } = build();
  try {
    assert.equal(
      take(),
      '\x1b[?1049h\x1b[2J\x1b[0m\x1b[2J' +
        '\x1b[1;1H\x1b[0;37;40mab│ \x1b[2;1H\x1b[0;37;40m    \x1b[2;1H\x1b[?25h',
    );
    assert.equal(take(), '');
    const attributes = new Uint8Array(8).fill(0x07);
    attributes[1] = 0x9c; // bright red on blue, blinking
    change({ lines: ['aB│ ', '    '], attributes });
    assert.equal(take(), '\x1b[1;2H\x1b[0;91;44;5mB\x1b[2;1H\x1b[?25h');
    change({ cursor: undefined });
    assert.equal(take(), '\x1b[?25l');
    change(undefined);
    assert.equal(take(), '\x1b[0m\x1b[2J\x1b[H\x1b[?25l'); // dark
    frame.pixels[1000] = 0xffffff;
    assert.match(take(), /graphics, 640 x 480/);
    assert.equal(take(), '');
  } finally {
    display.close();
  }
});

test('at the end the terminal comes back, and the last screen stays to be read', () => {
  const { display, take } = build();
  take();
  display.close();
  display.close();
  assert.equal(take(), '\x1b[0m\x1b[?25h\x1b[?1049lab│\r\n');
});
