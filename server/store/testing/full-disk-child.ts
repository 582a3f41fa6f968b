/**
 * Fills the disk under a running store and gives it room again, on a real file system; fails with what went wrong.
 * Arguments: the folder, and how it is filled: `disk` = a small file system of its own, mounted there by whoever
 * started this; `limit` = a limit on the size of the files this process may write.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { openSqliteStore } from '../sqlite/sqlite-store.ts';
import { type Store, StoreUnavailable } from '../store.ts';
import { commandBatch, hostEvent, openEpisode } from './samples.ts';

const [folder, how] = process.argv.slice(2) as [string, 'disk' | 'limit'];
const path = join(folder, 'pulsewatch.db');
const ballast = join(folder, 'ballast');

function setFileLimit(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
}

function fill(): void {
  if (how === 'limit') {
    setFileLimit(statSync(`${path}-wal`).size);
    return;
  }
  const file = openSync(ballast, 'w');
  try {
    for (let bytes = 2 ** 16; bytes > 0; bytes = Math.floor(bytes / 2)) {
      try {
        for (;;) writeSync(file, Buffer.alloc(bytes));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    }
  } finally {
    closeSync(file);
  }
}

function free(): void {
  if (how === 'limit') setFileLimit('unlimited');
  else rmSync(ballast);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let looks = 0; !holds(); looks++) {
    assert.ok(looks < 2_000, `never: ${what}; ${JSON.stringify(store.health())}`);
    await after(5);
  }
}

const refused = (append: Promise<void>): Promise<void> => assert.rejects(append, StoreUnavailable);
const LONG = 'x'.repeat(2_000);
const history = (at: number) => ({
  events: Array.from({ length: 30 }, (_, i) => hostEvent(at + i, { reason: LONG })),
  episodes: [openEpisode(1, at)],
});
const instants = async (of: Store) => (await of.events({ limit: 500 })).events.map(({ at }) => at);
const expected = (...firsts: number[]) =>
  firsts.flatMap((at) => history(at).events.map((event) => event.at)).reverse();

let store = await openSqliteStore({ path, retryMs: 50 });
await store.load(1);
await store.append(commandBatch(1), 'command');
await store.saveReplayWindows('e', 0, Uint8Array.of(1));

// The first thing that finds no room is a command: refused, and the next ones at once.
fill();
const large = { events: history(500).events, episodes: commandBatch(2).episodes };
await refused(store.append(large, 'command'));
await refused(store.append(commandBatch(3), 'command'));
await refused(
  store.changeSettings(
    { commentRequired: true },
    { at: 1, actor: 'a', action: 'change-settings', target: null, detail: null },
  ),
);
assert.equal(store.health().writable, false);
assert.ok(store.health().detail);
await refused(store.saveReplayWindows('e', 0, new Uint8Array(80_000)));
await refused(store.saveReplayWindows('e', 1, new Uint8Array(80_000)));
assert.equal((await store.events({ limit: 9 })).events.length, 5);
assert.equal(await store.alert('0000000000000000-2'), null);
free();
await until('writable again', () => store.health().writable);
await store.append(commandBatch(4), 'command');
await store.saveReplayWindows('e', 2, Uint8Array.of(2));

// Now history: it waits, in order, and is stored when there is room. A command behind it is refused.
fill();
const first = store.append(history(1_000), 'history');
const command = store.append(commandBatch(5), 'command');
const second = store.append(history(2_000), 'history');
await refused(command);
const third = store.append(history(3_000), 'history');
assert.ok(store.health().waiting >= 90, JSON.stringify(store.health()));
// Tries in between find no room.
await after(200);
assert.equal(store.health().writable, false);
assert.equal((await store.alert('0000000000000000-1'))?.ack?.by, 'ada');
free();
await Promise.all([first, second, third]);
await until('writable again', () => store.health().writable);
assert.deepEqual(store.health(), { kind: 'sqlite', writable: true, detail: null, waiting: 0, dropped: 0 });
await store.append(commandBatch(6), 'command');

// Closing with no room tells those who wait; what was stored is there all the same.
fill();
const lost = store.append(history(4_000), 'history');
lost.catch(() => {});
await until('not writable', () => !store.health().writable);
await store.close();
await assert.rejects(lost, /closed with 31 rows not stored/);
free();

store = await openSqliteStore({ path });
const state = await store.load(2);
assert.equal(state.settings.commentRequired, false);
assert.deepEqual((await store.alert('00000000000000a1-1'))?.openedAt, 3_000);
const commands = (number: number) => commandBatch(number).events!.map(({ at }) => at);
assert.deepEqual(await instants(store), [
  ...commands(6),
  ...expected(1_000, 2_000, 3_000),
  ...commands(4),
  ...commands(1),
]);
const windows: number[][] = [];
for await (const page of store.replayWindows()) windows.push([...page]);
assert.deepEqual(windows, [[1], [2]]);
await store.close();
process.stdout.write('all of it held\n');
