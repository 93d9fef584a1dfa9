// The control socket under clients that ask for much at once.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MachineControl } from '../../../control/machine-control.ts';
import { ControlServer } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'doppel-server-'));
process.env.XDG_RUNTIME_DIR = folder;
after(() => rmSync(folder, { recursive: true }));

test('what comes at once is done one a turn of the event loop, in its order; what is too much is refused', async (t) => {
  let turn = 0;
  const turns: number[] = [];
  const control = {
    name: 'busy',
    perform: () => {
      turns.push(turn);
      return Promise.resolve({ turn });
    },
  } as unknown as MachineControl;
  const server = await ControlServer.listen(control, '1');
  t.after(() => server.close());
  let running = true;
  const count = (): void => {
    turn++;
    if (running) setImmediate(count);
  };
  count();
  const socket = connect(server.path);
  socket.write(Array.from({ length: 500 }, (_, id) => `{"id":${id},"action":"status"}\n`).join(''));
  let text = '';
  for await (const bytes of socket) {
    text += (bytes as Buffer).toString();
    if (text.split('\n').length > 501) break;
  }
  running = false;
  const answers = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line)); // the first is the hello
  const done = answers.filter(({ result }) => result !== undefined).map(({ id }) => id as number);
  assert.ok(done.length >= 64);
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  );
  assert.equal(done.length + answers.filter(({ error }) => error?.code === 'busy').length, 500);
  assert.equal(new Set(turns).size, turns.length, 'no two of them in one turn');
});
