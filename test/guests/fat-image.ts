// A FAT16 volume with one file in nested directories, as UEFI firmware boots from (Microsoft's FAT specification 1.03; 8.3
// names only). For CDs: the image of an El Torito entry for UEFI.
const SECTOR = 512;
const SECTORS_PER_CLUSTER = 4;
const CLUSTER = SECTOR * SECTORS_PER_CLUSTER;
const ROOT_ENTRIES = 512;
const FATS = 2;
const ENTRY = 32;
const DIRECTORY = 0x10;
const END_OF_CHAIN = 0xffff;
/** FAT16 has from 4,085 to 65,524 clusters. */
const FEWEST = 4200;

/** The volume's image, with room for the file and little else. `path` such as "EFI/BOOT/BOOTX64.EFI". */
export function fatImage(path: string, bytes: Uint8Array): Uint8Array {
  const names = path.split('/');
  const directories = names.length - 1;
  const clusters = Math.max(FEWEST, directories + Math.ceil(bytes.length / CLUSTER));
  const fatSectors = Math.ceil(((clusters + 2) * 2) / SECTOR);
  const rootAt = (1 + FATS * fatSectors) * SECTOR;
  const dataAt = rootAt + ROOT_ENTRIES * ENTRY;
  const image = new Uint8Array(dataAt + clusters * CLUSTER);
  const view = new DataView(image.buffer);

  image.set([0xeb, 0x3c, 0x90]);
  image.set(new TextEncoder().encode('DOPPEL  '), 3);
  view.setUint16(11, SECTOR, true);
  image[13] = SECTORS_PER_CLUSTER;
  view.setUint16(14, 1, true); // reserved sectors
  image[16] = FATS;
  view.setUint16(17, ROOT_ENTRIES, true);
  image[21] = 0xf8;
  view.setUint16(22, fatSectors, true);
  view.setUint16(24, 32, true);
  view.setUint16(26, 64, true);
  view.setUint32(32, image.length / SECTOR, true);
  image.set([0x80, 0, 0x29, 1, 2, 3, 4], 36);
  image.set(new TextEncoder().encode('DOPPEL     FAT16   '), 43);
  image.set([0x55, 0xaa], 510);

  const setFat = (cluster: number, value: number) => {
    for (let fat = 0; fat < FATS; fat++)
      view.setUint16((1 + fat * fatSectors) * SECTOR + 2 * cluster, value, true);
  };
  setFat(0, 0xfff8);
  setFat(1, END_OF_CHAIN);
  const entry = (at: number, name: string, cluster: number, size: number, attributes: number) => {
    image.set(new TextEncoder().encode(name), at);
    image[at + 11] = attributes;
    view.setUint16(at + 26, cluster, true);
    view.setUint32(at + 28, size, true);
  };
  const shortName = (name: string) => {
    const [base, extension = ''] = name.split('.');
    return base!.padEnd(8) + extension.padEnd(3);
  };
  const clusterAt = (cluster: number) => dataAt + (cluster - 2) * CLUSTER;
  let holder = rootAt;
  let parent = 0;
  names.forEach((name, i) => {
    const cluster = 2 + i;
    const last = i === directories;
    entry(holder, shortName(name), cluster, last ? bytes.length : 0, last ? 0 : DIRECTORY);
    if (last) return;
    setFat(cluster, END_OF_CHAIN);
    holder = clusterAt(cluster);
    entry(holder, '.'.padEnd(11), cluster, 0, DIRECTORY);
    entry(holder + ENTRY, '..'.padEnd(11), parent, 0, DIRECTORY);
    holder += 2 * ENTRY;
    parent = cluster;
  });
  const first = 2 + directories;
  const end = first + Math.ceil(bytes.length / CLUSTER);
  for (let cluster = first; cluster < end; cluster++)
    setFat(cluster, cluster + 1 < end ? cluster + 1 : END_OF_CHAIN);
  image.set(bytes, clusterAt(first));
  return image;
}
