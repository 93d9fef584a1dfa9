// The answers of a CD-ROM drive that describe it: INQUIRY, mode pages, features and the like (SPC-3 clause
// 6.4; MMC-5 clauses 5, 6 and 7; SFF-8020i for the capabilities page).

import { address, DATA_TRACK, FIRST_FRAME, frameOf } from './mmc-toc.ts';

/** What the tray and the medium are like. */
export interface DriveCondition {
  readonly medium: boolean;
  readonly trayOpen: boolean;
  readonly locked: boolean;
  /** Blocks of 2,048 bytes; 0 without a medium. */
  readonly blocks: number;
}

const PROFILE_CD_ROM = 0x0008;
const PROFILE_DVD_ROM = 0x0010;
/** Blocks of the longest CD (99:59:74); what is longer is a DVD. */
const LONGEST_CD = 449_850;
/** Kilobytes a second at 32x, which the drive claims. */
const SPEED = 32 * 176;

const high = (value: number): number => (value >> 8) & 0xff;
const low = (value: number): number => value & 0xff;

const text = (value: string, length: number): number[] =>
  Array.from(value.padEnd(length).slice(0, length), (c) => c.charCodeAt(0));

export function inquiryData(vendor: string, product: string, revision: string): Uint8Array {
  const head = [0x05, 0x80, 0x05, 0x32, 31, 0, 0, 0]; // CD/DVD, removable, SPC-3, ATAPI
  return Uint8Array.from([...head, ...text(vendor, 8), ...text(product, 16), ...text(revision, 4)]);
}

/** The current profile: 0 without a medium. */
function currentProfile(c: DriveCondition): number {
  if (!c.medium) return 0;
  return c.blocks > LONGEST_CD ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

/** Pages by number: MODE SENSE with page 3Fh gives all of them. `changeable` asks for the mask of what can be set: nothing. */
function modePages(c: DriveCondition): readonly (readonly number[])[] {
  return [
    [0x01, 0x06, 0, 5, 0, 0, 0, 0], // read error recovery: five retries
    [0x0d, 0x06, 0, 0x0d, 0, 60, 0, 75], // inactivity; 60 seconds a minute, 75 frames a second
    [0x0e, 0x0e, 0x04, 0, 0, 0, 0, 75, 1, 0xff, 2, 0xff, 0, 0, 0, 0], // audio: two ports
    [0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // power conditions: no timers
    [
      0x2a,
      0x14,
      0x08, // reads DVD-ROM
      0x00,
      0x70, // mode 2 forms 1 and 2, multisession
      0x60, // UPC and ISRC not; no audio
      0x28 | 0x01 | (c.locked ? 0x02 : 0), // tray, ejects, locks
      0x00,
      high(SPEED),
      low(SPEED),
      0,
      2,
      0,
      64, // KB of buffer
      high(SPEED),
      low(SPEED),
      0,
      0,
      0,
      0,
      0,
      0,
    ],
  ];
}

/** MODE SENSE(10), or (6) with its shorter header; undefined where there is no such page. */
export function modeSense(
  page: number,
  changeable: boolean,
  c: DriveCondition,
  headerLength: 8 | 4,
): Uint8Array | undefined {
  const pages = modePages(c).filter((bytes) => page === 0x3f || bytes[0] === page);
  if (pages.length === 0) return undefined;
  const body = pages.flatMap((bytes) => (changeable ? bytes.map((b, i) => (i < 2 ? b : 0)) : bytes));
  const mediumType = c.trayOpen ? 0x71 : c.medium ? 0x01 : 0x70;
  const length = body.length + headerLength;
  const header =
    headerLength === 8
      ? [high(length - 2), low(length - 2), mediumType, 0, 0, 0, 0, 0]
      : [length - 1, mediumType, 0, 0];
  return Uint8Array.from([...header, ...body]);
}

interface Feature {
  readonly code: number;
  /** Version, persistent and current bits. */
  readonly flags: (c: DriveCondition) => number;
  readonly data: (c: DriveCondition) => readonly number[];
}

const PERSISTENT = 0x02;
const always = (): number => PERSISTENT | 0x01;
const whileMedium = (c: DriveCondition): number => (c.medium ? 0x01 : 0x00);
const whileProfile =
  (profile: number) =>
  (c: DriveCondition): number =>
    currentProfile(c) === profile ? 0x01 : 0x00;
const nothing = (): readonly number[] => [];

const profileList = (c: DriveCondition): readonly number[] =>
  [PROFILE_DVD_ROM, PROFILE_CD_ROM].flatMap((profile) => [
    high(profile),
    low(profile),
    currentProfile(c) === profile ? 1 : 0,
    0,
  ]);

const FEATURES: readonly Feature[] = [
  { code: 0x0000, flags: always, data: profileList },
  { code: 0x0001, flags: () => 0x08 | always(), data: () => [0, 0, 0, 2, 1, 0, 0, 0] }, // core: ATAPI
  { code: 0x0002, flags: () => 0x04 | always(), data: () => [0, 0, 0, 0] }, // morphing
  { code: 0x0003, flags: always, data: () => [0x29, 0, 0, 0] }, // removable medium: tray, eject, lock
  { code: 0x0010, flags: whileMedium, data: () => [0, 0, 8, 0, 0, 1, 0, 0] }, // random readable
  { code: 0x001d, flags: whileProfile(PROFILE_CD_ROM), data: nothing }, // multi-read
  { code: 0x001e, flags: (c) => 0x08 | whileProfile(PROFILE_CD_ROM)(c), data: () => [0, 0, 0, 0] }, // CD read
  { code: 0x001f, flags: whileProfile(PROFILE_DVD_ROM), data: nothing }, // DVD read
  { code: 0x0100, flags: always, data: nothing }, // power management
  { code: 0x0105, flags: always, data: nothing }, // timeout
];

/**
 * GET CONFIGURATION.
 *
 * @param request 0: all features from `start`; 1: those that are current; 2: the one
 */
export function configuration(request: number, start: number, c: DriveCondition): Uint8Array | undefined {
  if (request > 2) return undefined;
  const listed = FEATURES.filter((feature) => {
    if (request === 2) return feature.code === start;
    return feature.code >= start && (request === 0 || (feature.flags(c) & 0x01) !== 0);
  });
  const body = listed.flatMap((feature) => {
    const data = feature.data(c);
    return [high(feature.code), low(feature.code), feature.flags(c), data.length, ...data];
  });
  const length = body.length + 4;
  const profile = currentProfile(c);
  return Uint8Array.from([0, 0, high(length), low(length), 0, 0, high(profile), low(profile), ...body]);
}

const EVENT_CLASS_MEDIA = 4;

/** GET EVENT STATUS NOTIFICATION: the media event that is due, if the classes asked for hold it. */
export function eventStatus(classes: number, event: number, c: DriveCondition): Uint8Array {
  const supported = 1 << EVENT_CLASS_MEDIA;
  if ((classes & supported) === 0) return Uint8Array.of(0, 2, 0x80, supported);
  const status = (c.trayOpen ? 1 : 0) | (c.medium ? 2 : 0);
  return Uint8Array.of(0, 6, EVENT_CLASS_MEDIA, supported, event, status, 0, 0);
}

/**
 * READ SUB-CHANNEL of a data track: no audio goes on.
 *
 * @param format 0: the header alone; 1: where the drive is; 2, 3: catalogue number and ISRC, of which there are none
 */
export function subChannel(format: number, msf: boolean, position: number): Uint8Array | undefined {
  const header = (length: number): number[] => [0, 0x15, 0, length];
  switch (format) {
    case 0:
      return Uint8Array.from(header(0));
    case 1: {
      // The relative address counts from the track's beginning, two seconds behind the disc's.
      const relative = msf ? [0, ...frameOf(position - FIRST_FRAME)] : address(position, false);
      return Uint8Array.from([...header(12), 1, DATA_TRACK, 1, 1, ...address(position, msf), ...relative]);
    }
    case 2:
      return Uint8Array.from([...header(20), 2, 0, 0, 0, ...new Array<number>(16).fill(0)]);
    case 3:
      return Uint8Array.from([...header(20), 3, DATA_TRACK, 1, 0, ...new Array<number>(16).fill(0)]);
    default:
      return undefined;
  }
}

/** MECHANISM STATUS. */
export function mechanismStatus(c: DriveCondition): Uint8Array {
  return Uint8Array.of(0, c.trayOpen ? 0x10 : 0, 0, 0, 0, 1, 0, 0);
}

/** READ DISC INFORMATION: a finished disc of one session and one track. */
export function discInformation(): Uint8Array {
  const data = new Uint8Array(34);
  data.set([0, 32, 0x0e, 1, 1, 1, 1, 0x20]);
  data.fill(0xff, 16, 24); // lead-in and lead-out of a further session: none
  return data;
}

/** READ TRACK INFORMATION of the one track. */
export function trackInformation(c: DriveCondition): Uint8Array {
  const data = new Uint8Array(36);
  data.set([0, 34, 1, 1, 0, 0x04, 0x01]);
  new DataView(data.buffer).setUint32(24, c.blocks);
  return data;
}

/** READ DVD STRUCTURE: physical format (0), copyright (1) and manufacturer's data (4) of a single layer. */
export function dvdStructure(format: number, c: DriveCondition): Uint8Array | undefined {
  if (currentProfile(c) !== PROFILE_DVD_ROM) return undefined;
  if (format === 1) return Uint8Array.of(0, 6, 0, 0, 0, 0, 0, 0);
  const data = new Uint8Array(2052);
  const view = new DataView(data.buffer);
  view.setUint16(0, 2050);
  if (format === 4) return data;
  if (format !== 0) return undefined;
  data.set([0x01, 0x02, 0x01, 0x00], 4); // DVD-ROM, 120 mm, one layer
  view.setUint32(8, 0x03_0000);
  view.setUint32(12, 0x03_0000 + c.blocks - 1);
  return data;
}
