/**
 * Deletes what is older than the retention, oldest first, in portions short enough that a command never waits for
 * them noticeably. Open episodes and the register are never touched. Writer's thread; a portion is as long as it is told.
 */
import type { DatabaseSync } from 'node:sqlite';
import { BLOCK_SEQS } from './writes.ts';

export const MAX_PORTION_ROWS = 500;

type Portion = { readonly deleted: number; readonly done: boolean };

const TRIM_EPISODES = `SELECT no FROM episodes WHERE closed_at IS NOT NULL AND closed_at < ?
  ORDER BY closed_at LIMIT ?`;

/** One trimming; call `next` until it gives null, each call in a transaction of its own. Gives rows deleted. */
export class Trim {
  readonly #database: DatabaseSync;
  readonly #beforeMs: number;
  /** Each is repeated until it is done. */
  readonly #steps: (() => Portion)[];
  /** Host ids up to here have been looked at. */
  #floorsAfter = '';
  /** Of the present portion. */
  #limit = MAX_PORTION_ROWS;

  constructor(database: DatabaseSync, beforeMs: number) {
    this.#database = database;
    this.#beforeMs = beforeMs;
    this.#steps = [
      () => this.#events(),
      () => this.#episodes(),
      () => this.#simple('audit', 'seq', 'at'),
      () => this.#simple('tombstones', 'host_id', 'removed_at'),
      () => this.#simple('runs', 'no', 'no < (SELECT max(no) FROM runs) AND alive_at'),
      () => this.#floors(),
    ];
  }

  /** At most `limit` rows; null: nothing is left to do. */
  next(limit: number): number | null {
    this.#limit = limit;
    for (;;) {
      const step = this.#steps[0];
      if (step === undefined) return null;
      const { deleted, done } = step();
      if (done) this.#steps.shift();
      if (deleted > 0 || !done) return deleted;
    }
  }

  #run(sql: string, ...values: (string | number)[]): number {
    return Number(this.#database.prepare(sql).run(...values).changes);
  }

  #events(): Portion {
    const found = this.#database
      .prepare('SELECT block FROM event_blocks WHERE min_at < ? ORDER BY block LIMIT 1')
      .get(this.#beforeMs);
    if (found === undefined) return { deleted: 0, done: true };
    const block = Number(found.block);
    const span = [block * BLOCK_SEQS, (block + 1) * BLOCK_SEQS - 1] as const;
    const deleted = this.#run(
      `DELETE FROM events WHERE seq IN
        (SELECT seq FROM events WHERE seq BETWEEN ? AND ? AND at < ? ORDER BY seq LIMIT ?)`,
      ...span,
      this.#beforeMs,
      this.#limit,
    );
    if (deleted < this.#limit) this.#narrowBlock(block, span);
    return { deleted, done: false };
  }

  /** All of it that is old has gone. */
  #narrowBlock(block: number, span: readonly [number, number]): void {
    const rest = this.#database
      .prepare('SELECT min(at) AS min_at, max(at) AS max_at FROM events WHERE seq BETWEEN ? AND ?')
      .get(...span)!;
    if (rest.min_at === null) this.#run('DELETE FROM event_blocks WHERE block = ?', block);
    else {
      this.#run(
        'UPDATE event_blocks SET min_at = ?, max_at = ? WHERE block = ?',
        Number(rest.min_at),
        Number(rest.max_at),
        block,
      );
    }
  }

  /** Their numbers stay, so that none is given twice. */
  #episodes(): Portion {
    this.#run(
      `INSERT INTO episode_floors
        SELECT substr(id, 1, 16), max(CAST(substr(id, 18) AS INTEGER)) FROM episodes
          WHERE no IN (${TRIM_EPISODES}) GROUP BY substr(id, 1, 16)
        ON CONFLICT (host_id) DO UPDATE SET episode = max(episode, excluded.episode)`,
      this.#beforeMs,
      this.#limit,
    );
    const deleted = this.#run(
      `DELETE FROM episodes WHERE no IN (${TRIM_EPISODES})`,
      this.#beforeMs,
      this.#limit,
    );
    return { deleted, done: deleted < this.#limit };
  }

  #simple(table: string, key: string, instant: string): Portion {
    const deleted = this.#run(
      `DELETE FROM ${table} WHERE ${key} IN
        (SELECT ${key} FROM ${table} WHERE ${instant} < ? ORDER BY ${instant.split(' ').at(-1)} LIMIT ?)`,
      this.#beforeMs,
      this.#limit,
    );
    return { deleted, done: deleted < this.#limit };
  }

  /** Numbers of hosts that nothing else knows: they would come back as new ones. */
  #floors(): Portion {
    const [last] = Object.values(
      this.#database
        .prepare(
          `SELECT max(host_id) FROM (SELECT host_id FROM episode_floors WHERE host_id > ?
            ORDER BY host_id LIMIT ?)`,
        )
        .get(this.#floorsAfter, this.#limit)!,
    );
    if (last === null) return { deleted: 0, done: true };
    this.#run(
      `DELETE FROM episode_floors WHERE host_id > ? AND host_id <= ?
        AND NOT EXISTS (SELECT 1 FROM hosts WHERE id = host_id)
        AND NOT EXISTS (SELECT 1 FROM tombstones WHERE tombstones.host_id = episode_floors.host_id)
        AND NOT EXISTS (SELECT 1 FROM episodes WHERE id BETWEEN host_id || '-' AND host_id || '.')`,
      this.#floorsAfter,
      String(last),
    );
    this.#floorsAfter = String(last);
    // They are no rows anybody knows of.
    return { deleted: 0, done: false };
  }
}
