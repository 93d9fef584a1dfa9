// Colours as a VGA's registers define them, as 0x00RRGGBB (IBM PS/2 hardware interface technical reference, "Attribute
// controller" and "Video digital-to-analog converter").
import { dacIsWide } from './vbe.ts';
import { AC_COLOUR_SELECT, AC_MODE, AC_PLANE_ENABLE, type VgaState } from './vga-state.ts';

const MODE_P54_SELECT = 0x80;

/** Puts the DAC's 256 colours, as the DAC mask lets them be reached, into `colours`. Whether any has changed. */
export function updateDacColours(state: VgaState, colours: Uint32Array): boolean {
  const { dac, dacMask } = state;
  const wide = dacIsWide(state.vbe);
  let changed = false;
  for (let index = 0; index < 256; index++) {
    const at = 3 * (index & dacMask);
    let colour = (dac[at]! << 16) | (dac[at + 1]! << 8) | dac[at + 2]!;
    // Six bits a component: the top two again below, so that 63 becomes 255.
    if (!wide) colour = ((colour & 0x3f3f3f) << 2) | ((colour & 0x303030) >> 4);
    if (colours[index] === colour) continue;
    colours[index] = colour;
    changed = true;
  }
  return changed;
}

/** Puts the sixteen colours of the attribute controller into `colours`. Whether any has changed. */
export function updateAttributeColours(state: VgaState, dac: Uint32Array, colours: Uint32Array): boolean {
  const { attribute } = state;
  const select = attribute[AC_COLOUR_SELECT]!;
  const planes = attribute[AC_PLANE_ENABLE]! & 15;
  const selectP54 = (attribute[AC_MODE]! & MODE_P54_SELECT) !== 0;
  let changed = false;
  for (let index = 0; index < 16; index++) {
    const palette = attribute[index & planes]!;
    const low = selectP54 ? (palette & 0x0f) | ((select & 0x03) << 4) : palette & 0x3f;
    const colour = dac[low | ((select & 0x0c) << 4)]!;
    if (colours[index] === colour) continue;
    colours[index] = colour;
    changed = true;
  }
  return changed;
}
