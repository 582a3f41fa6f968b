import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isLogBehind, keepCheckpointing } from './checkpoints.ts';
import { openBeside, openDatabase } from './open-database.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-checkpoints-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('S28: a long log is moved to the file beside the writer, and then begins anew', async () => {
  const path = join(folder, 'pulsewatch.db');
  const { database, close } = openDatabase(path);
  const state = () => database.prepare('PRAGMA wal_checkpoint(NOOP)').get() as Record<string, number>;
  const write = (bytes: number) =>
    database
      .prepare("INSERT INTO audit (at, actor, action, detail) VALUES (1, 'a', 'b', ?)")
      .run('x'.repeat(bytes));
  const beside = openBeside(path);
  const stop = keepCheckpointing(beside);
  try {
    write(100);
    expect(isLogBehind(database)).toBe(false);
    write(20 * 2 ** 20);
    await expect.poll(() => state().checkpointed, { timeout: 10_000 }).toBe(state().log);
    expect(state().log).toBeGreaterThan(4_000);
    expect(isLogBehind(database)).toBe(false);
    write(100);
    expect(state().log).toBeLessThan(100);
    expect(() => beside.exec('DELETE FROM audit')).toThrow(/readonly/);
  } finally {
    stop();
    // A few pages are always under way, however long the log is; much that is not moved is behind.
    write(100);
    expect(isLogBehind(database)).toBe(false);
    write(20 * 2 ** 20);
    expect(isLogBehind(database)).toBe(true);
    // Somebody who reads keeps the log from beginning anew.
    const reading = openBeside(path);
    reading.exec('BEGIN');
    reading.prepare('SELECT count(*) FROM audit').get();
    beside.exec('PRAGMA wal_checkpoint(PASSIVE)');
    write(100);
    expect(state().log).toBeGreaterThan(4_000);
    expect(isLogBehind(database)).toBe(false);
    reading.close();
    beside.close();
    close();
  }
});
