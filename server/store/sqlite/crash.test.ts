import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { COMMAND_PARTS, commandBatch } from '../testing/samples.ts';
import { openDatabase } from './open-database.ts';
import { openSqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The numbers of the commands it holds; fails when one of them is not whole. */
function commandsIn(database: DatabaseSync): Set<number> {
  expect(Object.values(database.prepare('PRAGMA integrity_check').get()!)).toEqual(['ok']);
  const count = (sql: string) =>
    new Map(
      database
        .prepare(sql)
        .all()
        .map(({ at, n }) => [Number(at), Number(n)]),
    );
  const acks = count('SELECT ack_at AS at, count(*) AS n FROM episodes GROUP BY ack_at');
  const events = count('SELECT at, count(*) AS n FROM events GROUP BY at');
  expect(acks).toEqual(events);
  for (const [number, n] of acks) expect(n, `command ${number}`).toBe(COMMAND_PARTS);
  return new Set(acks.keys());
}

test('S15: cut off at 200 byte counts of the log, it holds every command answered before', async () => {
  const path = join(folder, 'pulsewatch.db');
  const store = await openSqliteStore({ path });
  await store.load(1);
  const answered: { readonly number: number; readonly logBytes: number }[] = [];
  for (let number = 1; number <= 60; number++) {
    // Some alone, some in one transaction with others.
    const group = Array.from({ length: 1 + (number % 3) }, (_, i) => number * 10 + i);
    await Promise.all(group.map((each) => store.append(commandBatch(each), 'command')));
    const logBytes = statSync(`${path}-wal`).size;
    answered.push(...group.map((each) => ({ number: each, logBytes })));
  }
  const copy = join(folder, 'copy.db');
  copyFileSync(path, copy);
  const original = readFileSync(copy);
  const log = readFileSync(`${path}-wal`);
  await store.close();
  expect(log.length).toBe(answered.at(-1)!.logBytes);

  let seed = 20_260_101;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  let fewest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 200; i++) {
    // Anywhere, and every fourth time where a command had just been answered.
    const boundary = answered[Math.floor(random() * answered.length)]!.logBytes;
    const cut = i % 4 === 0 ? boundary : Math.floor(random() * log.length);
    writeFileSync(copy, original);
    writeFileSync(`${copy}-wal`, log.subarray(0, cut));
    const { database, close } = openDatabase(copy);
    const held = commandsIn(database);
    close();
    const missing = answered.filter(({ number, logBytes }) => logBytes <= cut && !held.has(number));
    expect(missing, `cut at ${cut}`).toEqual([]);
    fewest = Math.min(fewest, held.size);
  }
  // The cuts did cut.
  expect(fewest).toBeLessThan(20);
}, 60_000);

test('S15: killed while it writes, it holds every command it had answered', async () => {
  const path = join(folder, 'killed.db');
  const child = fileURLToPath(new URL('../testing/command-child.ts', import.meta.url));
  const answered: number[] = [];
  let first = 1;
  for (const kills of [3, 40, 150]) {
    const running = spawn(process.execPath, [child, path, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lines = 0;
    for await (const line of createInterface({ input: running.stdout })) {
      if (line !== 'ready') answered.push(Number(line));
      if (++lines === kills) running.kill('SIGKILL');
    }
    const { database, close } = openDatabase(path);
    const held = commandsIn(database);
    close();
    expect(answered.filter((number) => !held.has(number))).toEqual([]);
    first = Math.max(...held) + 1;
  }
  expect(answered.length).toBeGreaterThanOrEqual(190);
});
