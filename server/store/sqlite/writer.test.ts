import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { hostEvent } from '../testing/samples.ts';
import { type FromStore, MARK, type ToWriter, type Wrote } from './messages.ts';
import { toRows } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-writer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (id: number, at: number): ToWriter => ({
  ...{ mark: MARK, type: 'write', id, rows: 1, last: true, urgent: false },
  json: JSON.stringify(toRows({ events: [hostEvent(at)] })),
});

test('S21: what was taken back before it was written is not written, so nothing is stored twice', async () => {
  const path = join(folder, 'pulsewatch.db');
  const worker = new Worker(new URL('./writer.worker.ts', import.meta.url), { workerData: { path } });
  const wrote: Wrote[] = [];
  worker.on('message', (message: FromStore) => {
    if (message.type === 'wrote') wrote.push(message);
  });
  // All of them wait for it when it begins to listen.
  for (const message of [write(1, 10), write(2, 20), { mark: MARK, type: 'resume' } as const, write(3, 10)]) {
    worker.postMessage(message);
  }
  worker.postMessage({ mark: MARK, type: 'close' } satisfies ToWriter);
  await once(worker, 'exit');
  expect(wrote.map(({ ids, outcome }) => [ids, outcome])).toEqual([[[3], 'written']]);
  const database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare('SELECT at FROM events').all()).toEqual([{ at: 10 }]);
  database.close();
});
