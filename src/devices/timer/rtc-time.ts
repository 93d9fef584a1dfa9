// The time registers of an MC146818A: what a point in time looks like in them, and back. Binary or BCD
// (DM), 24 or 12 hours with PM in bit 7 of the hour, as register B says.
import { daysFromDate, SECONDS_PER_DAY, timeFromSeconds, weekday } from './calendar.ts';

const SECONDS = 0;
const SECONDS_ALARM = 1;
const MINUTES = 2;
const MINUTES_ALARM = 3;
const HOURS = 4;
const HOURS_ALARM = 5;
const DAY_OF_WEEK = 6;
const DATE = 7;
const MONTH = 8;
const YEAR = 9;
const CENTURY = 0x32;

const B_BINARY = 0x04;
const B_24_HOURS = 0x02;
const HOURS_PM = 0x80;
/** An alarm byte of this or more matches anything. */
const ANY = 0xc0;

const TIME_REGISTERS: ReadonlySet<number> = new Set([
  SECONDS,
  MINUTES,
  HOURS,
  DAY_OF_WEEK,
  DATE,
  MONTH,
  YEAR,
  CENTURY,
]);

/** Whether a register counts (the alarm and the RAM do not). */
export function isTimeRegister(index: number): boolean {
  return TIME_REGISTERS.has(index);
}

/** The time registers at `seconds` since 1970, in an array indexed like the CMOS. */
export function writeTime(seconds: number, weekdayShift: number, registerB: number): Uint8Array {
  const time = timeFromSeconds(seconds);
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const registers = new Uint8Array(CENTURY + 1);
  const put = (index: number, value: number) => {
    registers[index] = encode(value, registerB);
  };
  put(SECONDS, time.second);
  put(MINUTES, time.minute);
  registers[HOURS] = encodeHour(time.hour, registerB);
  put(DAY_OF_WEEK, ((weekday(days) + weekdayShift) % 7) + 1);
  put(DATE, time.day);
  put(MONTH, time.month);
  put(YEAR, ((time.year % 100) + 100) % 100);
  put(CENTURY, ((Math.floor(time.year / 100) % 100) + 100) % 100);
  return registers;
}

/** What the time registers mean. Values that are no time count on from the nearest one (a 31 February is 3 March). */
export function readTime(
  registers: Uint8Array,
  registerB: number,
): { readonly seconds: number; readonly weekdayShift: number } {
  const get = (index: number) => decode(registers[index]!, registerB);
  const days = daysFromDate(get(CENTURY) * 100 + get(YEAR), get(MONTH), get(DATE));
  const hour = decodeHour(registers[HOURS]!, registerB);
  return {
    seconds: days * SECONDS_PER_DAY + hour * 3600 + get(MINUTES) * 60 + get(SECONDS),
    weekdayShift: (((get(DAY_OF_WEEK) - 1 - weekday(days)) % 7) + 7) % 7,
  };
}

/** Whether the alarm registers match the time of day at `seconds`. */
export function alarmMatches(cmos: Uint8Array, seconds: number, registerB: number): boolean {
  const rest = ((seconds % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY;
  const matches = (index: number, value: number) => cmos[index]! >= ANY || cmos[index] === value;
  return (
    matches(SECONDS_ALARM, encode(rest % 60, registerB)) &&
    matches(MINUTES_ALARM, encode(Math.floor(rest / 60) % 60, registerB)) &&
    matches(HOURS_ALARM, encodeHour(Math.floor(rest / 3600), registerB))
  );
}

function encode(value: number, registerB: number): number {
  return (registerB & B_BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | (value % 10);
}

function decode(value: number, registerB: number): number {
  return (registerB & B_BINARY) !== 0 ? value : (value >> 4) * 10 + (value & 15);
}

function encodeHour(hour: number, registerB: number): number {
  if ((registerB & B_24_HOURS) !== 0) return encode(hour, registerB);
  return encode(hour % 12 === 0 ? 12 : hour % 12, registerB) | (hour >= 12 ? HOURS_PM : 0);
}

function decodeHour(value: number, registerB: number): number {
  if ((registerB & B_24_HOURS) !== 0) return decode(value, registerB);
  return (decode(value & ~HOURS_PM, registerB) % 12) + ((value & HOURS_PM) !== 0 ? 12 : 0);
}
