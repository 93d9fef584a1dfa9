// The seam between a display adapter and whoever shows or reads its picture.
//
//   adapter --Screen--> ScreenHub --ScreenViewer--> VNC clients, terminal, recorder
//                          ^ refresh(), at the pace of the host
//
// The picture is asked for, never pushed: a machine that nobody looks at spends no time on it, and looking changes
// nothing in the guest.

/** A picture. It is updated in place; a change of size gives a new one. */
export interface Frame {
  /** In pixels, 1 to 4096. */
  readonly width: number;
  readonly height: number;
  /** 0x00RRGGBB, from the top left, line by line without gaps. */
  readonly pixels: Uint32Array;
}

/** Part of a frame, in pixels, inside it. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a text screen says, for programs that read it. */
export interface TextScreen {
  readonly columns: number;
  readonly rows: number;
  /** One string a row, as many characters as columns; code page 437 as Unicode, blank where there is nothing. */
  readonly lines: readonly string[];
  /** VGA attribute of each cell, row by row: 3:0 foreground, 6:4 background, 7 blink or bright background. */
  readonly attributes: Uint8Array;
  /** 0x00RRGGBB of the sixteen attribute colours. */
  readonly colours: Uint32Array;
  /** Where the cursor is, if it shows. */
  readonly cursor: { readonly column: number; readonly row: number } | undefined;
}

export interface Screen {
  /** The picture as of the last refresh. */
  readonly frame: Frame;
  /** Brings the frame up to date; gives what has changed since the last call. A frame of another size is changed as a whole. */
  refresh(): readonly Rectangle[];
  /** What the screen says now, in a text mode; undefined in graphics. */
  text(): TextScreen | undefined;
}

/** Somebody who looks. */
export interface ScreenViewer {
  /** Parts of the frame have changed. The frame is another object when its size has changed. */
  damaged(frame: Frame, rectangles: readonly Rectangle[]): void;
}

/** One screen, any number of viewers. */
export class ScreenHub {
  readonly #screen: Screen;
  readonly #viewers = new Set<ScreenViewer>();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** The picture, brought up to date (and the viewers told). */
  frame(): Frame {
    this.refresh();
    return this.#screen.frame;
  }

  text(): TextScreen | undefined {
    return this.#screen.text();
  }

  /** Adds a viewer; the returned function takes it away. */
  attach(viewer: ScreenViewer): () => void {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  }

  /** Looks at the screen once for all viewers. Whether anything has changed. */
  refresh(): boolean {
    const rectangles = this.#screen.refresh();
    if (rectangles.length === 0) return false;
    for (const viewer of this.#viewers) viewer.damaged(this.#screen.frame, rectangles);
    return true;
  }
}
