// What comes to the processor from outside past the bus: time, chance, its local APIC. Counted, for those who want to know
// whether what it does depends on anything but its registers and memory (still-watch.ts).
import type { Entropy } from '../../base/services.ts';
import type { LocalApicPort } from '../../x86/helpers/cpu.ts';

export class Outside {
  /** Questions and orders so far, but for the time. */
  count = 0;
  /** Looks at the time: at the time-stamp counter and the ACPI timer, and at the latter alone. */
  clockReadings = 0;
  timerReadings = 0;
  /** Called at each. */
  onClockRead: () => void = () => {};

  entropy(source: Entropy): Entropy {
    return {
      fill: (bytes) => {
        this.count++;
        source.fill(bytes);
      },
    };
  }

  timeStamp(clock: () => number): () => number {
    return () => {
      this.clockReadings++;
      this.onClockRead();
      return clock();
    };
  }
  /** The ACPI timer, which is on the bus, was read. */
  timerRead(): void {
    this.timerReadings++;
    this.clockReadings++;
    this.onClockRead();
  }

  apicPort(port: LocalApicPort): LocalApicPort {
    const counted =
      <A extends readonly unknown[], R>(action: (...args: A) => R) =>
      (...args: A): R => {
        this.count++;
        return action(...args);
      };
    return {
      // The processor's own register CR8: nobody else changes it.
      readTaskPriority: port.readTaskPriority,
      writeTaskPriority: counted(port.writeTaskPriority),
      setBase: counted(port.setBase),
      readMsr: counted(port.readMsr),
      writeMsr: counted(port.writeMsr),
      readTscDeadline: counted(port.readTscDeadline),
      writeTscDeadline: counted(port.writeTscDeadline),
      timeStampChanged: counted(port.timeStampChanged),
    };
  }
}
