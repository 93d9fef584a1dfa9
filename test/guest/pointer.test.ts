// Linux's drivers for the mouse (psmouse, with vmmouse in it): places that the host gives arrive as they are, buttons and
// the wheel too; after the driver has gone, the PS/2 mouse tells ways again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchKernelModules } from './kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;

/** struct input_event: two words of time, type, code, value. */
interface InputEvent {
  readonly type: number;
  readonly code: number;
  readonly value: number;
}
const EV_KEY = 1;
const EV_ABS = 3;
const BUTTON_LEFT_CODE = 0x110;

test('Linux takes the pointer where the host puts it', { skip: noGuests() }, async () => {
  const modules = await fetchKernelModules('amd64', ['psmouse', 'evdev']);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
  });
  try {
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    const run = async (command: string) => (await guest.command(command, COMMAND_SECONDS)).output;
    assert.doesNotMatch(await run(modules.load), /fails/);
    await run('until grep -q VMMouse /proc/bus/input/devices; do sleep 1; done');
    const devices = await run('grep -A5 "VirtualPS/2 VMware VMMouse" /proc/bus/input/devices');
    const { pointer } = guest.machine;
    assert.equal(pointer.absolute, true, devices);
    // The device with places is the one whose handlers include an event and that has ABS bits.
    await run(
      'for d in /sys/class/input/event*; do grep -q . $d/device/capabilities/abs && ' +
        'test "$(cat $d/device/capabilities/abs)" != 0 && basename $d > /tmp/e; done',
    );
    // Five events of 24 bytes: x, y, report; button, report.
    guest.type(
      'dd if=/dev/input/$(cat /tmp/e) bs=24 count=5 2>/dev/null | hexdump -v -e \'24/1 "%02x" "\\n"\' & sleep 1; echo rea"dy"\n',
    );
    await guest.waitFor(/^ready\r?\n/m, COMMAND_SECONDS);
    pointer.moveTo(0x4321, 0x8765, 0, 0);
    pointer.moveTo(0x4321, 0x8765, 0, 1);
    const events: InputEvent[] = [];
    while (events.length < 5) {
      const text = await guest.waitFor(/[0-9a-f]{48}\r*\n/, COMMAND_SECONDS);
      const view = new DataView(
        Uint8Array.from(text.match(/[0-9a-f]{48}/)![0].match(/../g)!, (byte) => Number.parseInt(byte, 16))
          .buffer,
      );
      events.push({
        type: view.getUint16(16, true),
        code: view.getUint16(18, true),
        value: view.getInt32(20, true),
      });
    }
    assert.deepEqual(
      events.filter(({ type }) => type !== 0),
      [
        { type: EV_ABS, code: 0, value: 0x4321 },
        { type: EV_ABS, code: 1, value: 0x8765 },
        { type: EV_KEY, code: BUTTON_LEFT_CODE, value: 1 },
      ],
    );
    await run('rmmod psmouse');
    assert.equal(pointer.absolute, false);
  } finally {
    await guest.stop();
  }
});
