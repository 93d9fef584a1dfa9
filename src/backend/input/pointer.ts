// What a pointing device takes from its host.

/** Buttons held, as bits. */
export const BUTTON_LEFT = 1;
export const BUTTON_RIGHT = 2;
export const BUTTON_MIDDLE = 4;
export const BUTTON_SIDE = 8;
export const BUTTON_EXTRA = 16;

/** A mouse, which tells how far it moved. */
export interface PointerReceiver {
  /**
   * Moves by `dx` to the right and `dy` downwards, turns the wheel by `wheel` notches (positive: towards the user),
   * and leaves exactly the buttons in `buttons` held.
   */
  move(dx: number, dy: number, wheel: number, buttons: number): void;
}

/** A pointer that can be put somewhere, where the guest has a driver for that. */
export interface Pointer extends PointerReceiver {
  /** The guest takes places now: moveTo() reaches it. Otherwise only move() does. */
  readonly absolute: boolean;
  /** Goes to a place: 0 is the picture's left or upper edge, FFFFh the other one. The rest as for move(). */
  moveTo(x: number, y: number, wheel: number, buttons: number): void;
}

/** The greatest place of a Pointer. */
export const FARTHEST_PLACE = 0xffff;
