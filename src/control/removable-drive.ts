// The drives of a board whose media come and go, all alike.
import type { BlockDevice } from '../backend/block/block-device.ts';
import type { Board } from '../machine/pc/board.ts';
import type { DriveName } from './actions.ts';

export interface RemovableDrive {
  readonly medium: BlockDevice | null;
  readonly trayOpen: boolean;
  insert(medium: BlockDevice): void;
  /** False where the guest has locked it, unless `force`. */
  eject(force: boolean): boolean;
}

/** Undefined where the board lacks it. */
export function driveOf({ cdrom, floppy }: Board, name: DriveName): RemovableDrive | undefined {
  if (name === 'cdrom') return cdrom;
  const number = name === 'floppy0' ? 0 : 1;
  const drive = floppy.drives[number];
  return (
    drive && {
      get medium() {
        return drive.medium;
      },
      trayOpen: false,
      insert: (medium) => floppy.changeMedium(number, medium),
      eject: () => {
        floppy.changeMedium(number, null);
        return true;
      },
    }
  );
}
