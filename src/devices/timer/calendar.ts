// The proleptic Gregorian calendar in plain arithmetic: what an RTC needs, without the host's Date.

export interface CalendarTime {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export const SECONDS_PER_DAY = 86_400;

/** Days from 1970-01-01 to a date; a month or day outside its range counts on from the range's edge. */
export function daysFromDate(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is the last of its year.
  const months = year * 12 + (month - 1) - 2;
  const marchYear = Math.floor(months / 12);
  const marchMonth = months - marchYear * 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

/** Day of the week of a day count, 0 (Sunday) .. 6. */
export function weekday(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}

/** Seconds since 1970-01-01T00:00:00 of a calendar time. */
export function secondsFromTime(time: CalendarTime): number {
  const days = daysFromDate(time.year, time.month, time.day);
  return days * SECONDS_PER_DAY + time.hour * 3600 + time.minute * 60 + time.second;
}

/** The calendar time at `seconds` (an integer) since 1970. */
export function timeFromSeconds(seconds: number): CalendarTime {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  // Start from an estimate of the year and correct it by one at most.
  let year = 1970 + Math.floor(days / 365.2425);
  if (daysFromDate(year + 1, 1, 1) <= days) year++;
  else if (daysFromDate(year, 1, 1) > days) year--;
  let month = 1;
  while (month < 12 && daysFromDate(year, month + 1, 1) <= days) month++;
  return {
    year,
    month,
    day: days - daysFromDate(year, month, 1) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
  };
}
