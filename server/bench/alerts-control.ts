/**
 * What the same rows cost by themselves: a plain node:sqlite database with the same indexes where it counts, one
 * transaction, WAL and synchronous=FULL. What a figure of the server has above it is messages, rows of objects, HTTP.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hostIdHex } from '../host-id.ts';

const TABLES = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER, host_id TEXT, host TEXT, kind INTEGER, reason TEXT, actor TEXT);
  CREATE INDEX events_host ON events (host_id, seq, at, kind);
  CREATE TABLE episodes (
    id TEXT PRIMARY KEY, host TEXT, opened_at INTEGER, closed_at INTEGER, reason TEXT,
    ack_by TEXT, ack_at INTEGER, ack_comment TEXT
  );
  CREATE INDEX episodes_open ON episodes (opened_at DESC, id) WHERE closed_at IS NULL;
`;

export type Control = {
  /** An alert and a down event each, ms. */
  readonly downsMs: number;
  /** The acknowledgement of `acked` of them and an event each; the same taken back, ms. */
  readonly ackMs: number;
};

export function measureControl(downs: number, acked: number): Control {
  const folder = mkdtempSync(path.join(tmpdir(), 'pulsewatch-bench-'));
  const database = new DatabaseSync(path.join(folder, 'control.db'));
  try {
    database.exec(TABLES);
    const ids = Array.from({ length: downs }, (_, i) => hostIdHex(`host-${i}`));
    const event = database.prepare(
      'INSERT INTO events (at, host_id, host, kind, reason, actor) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const open = database.prepare('INSERT INTO episodes (id, host, opened_at, reason) VALUES (?, ?, ?, ?)');
    const ack = database.prepare('UPDATE episodes SET ack_by = ?, ack_at = ?, ack_comment = ? WHERE id = ?');
    const reason = 'no heartbeat for 5.0 s, one expected every 1.0 s';
    const inOne = (work: () => void): number => {
      const beganMs = performance.now();
      database.exec('BEGIN IMMEDIATE');
      work();
      database.exec('COMMIT');
      return performance.now() - beganMs;
    };
    const downsMs = inOne(() => {
      for (const [i, id] of ids.entries()) {
        event.run(i, id, `host-${i}`, 3, reason, null);
        open.run(`${id}-1`, `host-${i}`, i, reason);
      }
    });
    const ackMs = inOne(() => {
      for (const [i, id] of ids.slice(0, acked).entries()) {
        event.run(i, id, `host-${i}`, 8, null, 'ana');
        ack.run('ana', i, 'power work', `${id}-1`);
      }
    });
    return { downsMs, ackMs };
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
