// Sizes of the functions of a WebAssembly module (core specification, 5.5: the code section).

const CODE = 10;

/** Bytes of each function's body, in order. */
export function wasmFunctions(module: Uint8Array): number[] {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < module.length) {
    const section = number();
    const size = number();
    if (section !== CODE) {
      at += size;
      continue;
    }
    const sizes: number[] = [];
    for (let left = number(); left > 0; left--) {
      const body = number();
      sizes.push(body);
      at += body;
    }
    return sizes;
  }
  return [];
}
