// A machine's status for a person.
import type { MachineStatus } from '../control/machine-control.ts';

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/** One line of the list of machines. */
export function listLine({ name, state, memory, drives }: MachineStatus, pid: number): string {
  const media = drives.flatMap(({ drive, medium }) => (medium === null ? [] : [`${drive} ${medium}`]));
  return [`${name.padEnd(20)} ${state}`, mebibytes(memory), `process ${pid}`, ...media].join('  ');
}

export function describeStatus(status: MachineStatus): string {
  const { screen } = status;
  const rows: [string, string][] = [
    ['name', status.name],
    ['state', status.state],
    ['up', `${status.uptime.toFixed(1)} s, ${status.instructions.toLocaleString('en')} instructions`],
    ['memory', mebibytes(status.memory)],
    ['screen', screen === null ? 'none' : `${screen.width} x ${screen.height}, ${screen.mode}`],
    ['serial', `${status.serialLines} line${status.serialLines === 1 ? '' : 's'}`],
    ...status.drives.map(({ drive, medium, readOnly, trayOpen }): [string, string] => [
      drive,
      `${medium ?? 'empty'}${readOnly ? ', read-only' : ''}${trayOpen ? ', tray open' : ''}`,
    ]),
  ];
  return rows.map(([label, value]) => `${label.padEnd(10)} ${value}\n`).join('');
}
