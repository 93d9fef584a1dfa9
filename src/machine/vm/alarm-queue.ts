// The machine's alarms: every timer of every chip waits here, on one clock.
import type { Alarm, AlarmSource, Clock } from '../../base/services.ts';

interface QueuedAlarm extends Alarm {
  deadline: number;
  readonly callback: () => void;
}

export class AlarmQueue implements AlarmSource {
  readonly #clock: Clock;
  readonly #alarms: QueuedAlarm[] = [];
  #next = Number.POSITIVE_INFINITY;
  /** Called when an alarm was set earlier than all others: whoever sleeps or runs until `next` must look again. */
  onEarlier: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** The earliest deadline in ns, infinity when no alarm is set. */
  get next(): number {
    return this.#next;
  }

  alarm(callback: () => void): Alarm {
    const alarm: QueuedAlarm = {
      deadline: Number.POSITIVE_INFINITY,
      callback,
      schedule: (deadline) => {
        const earlier = deadline < this.#next;
        alarm.deadline = deadline;
        this.#update();
        if (earlier) this.onEarlier();
      },
      cancel: () => {
        if (alarm.deadline === Number.POSITIVE_INFINITY) return;
        alarm.deadline = Number.POSITIVE_INFINITY;
        this.#update();
      },
    };
    this.#alarms.push(alarm);
    return alarm;
  }

  /** Calls back every alarm that is due, the earliest first. */
  fire(): void {
    while (this.#next <= this.now()) {
      const due = this.#alarms.reduce((a, b) => (b.deadline < a.deadline ? b : a));
      due.deadline = Number.POSITIVE_INFINITY;
      this.#update();
      due.callback();
    }
  }

  /** A board has a dozen timers: a scan is shorter than a heap. */
  #update(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const alarm of this.#alarms) if (alarm.deadline < next) next = alarm.deadline;
    this.#next = next;
  }
}
