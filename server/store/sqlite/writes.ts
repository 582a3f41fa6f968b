/**
 * Owns every statement that changes rows, but trimming. Called inside a transaction the caller began; whoever rolls
 * it back calls `forget`. Writer's thread; 4 µs an event, 6 µs an episode.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AuditEntry } from '#lib/protocol/account.ts';
import type { AccountChange } from '../store.ts';
import { SCHEMA_VERSION } from './migrations/migrations.ts';
import type { ChangeRows, EpisodeRow, EventRow, HostRow } from './rows.ts';

/** Seqs of one row of event_blocks: 2^12. */
export const BLOCK_SEQS = 4_096;

/** Inserts, or replaces all but the key. */
function put(table: string, key: string, columns: string): string {
  const names = columns.split(' ');
  return `INSERT INTO ${table} (${key}, ${names.join(', ')}) VALUES (?${', ?'.repeat(names.length)})
    ON CONFLICT (${key}) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}

const ADD_EVENT = 'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
const ADD_TO_BLOCK = `INSERT INTO event_blocks VALUES (?, ?, ?) ON CONFLICT (block) DO UPDATE
  SET min_at = min(min_at, excluded.min_at), max_at = max(max_at, excluded.max_at)`;
const ADD_AUDIT = 'INSERT INTO audit (at, actor, action, target, detail) VALUES (?, ?, ?, ?, ?)';
const PUT_EPISODE = put(
  'episodes',
  'id',
  'host opened_at closed_at reason evidence incident_id ack_by ack_at ack_comment ack_expires_at timeout_ms closed_by batch_id down_at',
);
const PUT_HOST = put(
  'hosts',
  'id',
  'name labels interval_ms registered_at confirmed left_at left_evidence unheard',
);
const PUT_TOMBSTONE = put('tombstones', 'host_id', 'removed_at');
const PUT_REPLAY_WINDOWS = `INSERT INTO replay_windows (epoch, page, windows) VALUES (?, ?, ?)
  ON CONFLICT (epoch, page) DO UPDATE SET windows = excluded.windows`;
const PUT_SETTING = put('settings', 'name', 'value');
/** The name as well: it may come back in other case. */
const PUT_USER = `${put('users', 'name', 'role password_hash created_at last_seen_at')}, name = excluded.name`;
const PUT_SESSION = put(
  'sessions',
  'id',
  'secret_hash user created_at last_seen_at expires_at address user_agent',
);
const PUT_TOKEN = put('tokens', 'id', 'secret_hash name user role created_at last_used_at expires_at');

const asJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** no: its row, null until it could be stored. */
type PresentRun = { readonly no: number | null; readonly startedAtMs: number };

export class Writes {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #nextSeq: number;
  #run: PresentRun | null = null;
  /** Instants of the blocks this transaction has added to. */
  readonly #blocks = new Map<number, [minAt: number, maxAt: number]>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#nextSeq = this.#storedNextSeq();
  }

  #storedNextSeq(): number {
    return Number(this.#database.prepare('SELECT max(seq) AS seq FROM events').get()!.seq ?? 0) + 1;
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  apply(rows: ChangeRows): void {
    for (const event of rows.events) this.#event(event);
    for (const episode of rows.episodes) this.#episode(episode);
    for (const [id, at] of rows.removed) this.#removed(id, at);
    for (const host of rows.hosts) this.#host(host);
    for (const change of rows.accounts) this.#account(change);
    if (rows.settings !== null) {
      for (const [name, value] of Object.entries(rows.settings)) {
        this.#prepared(PUT_SETTING).run(name, JSON.stringify(value));
      }
    }
    for (const entry of rows.audit) this.#audit(entry);
  }

  /** Last of all before the commit. What happened proves that the server was alive then. */
  finish(): void {
    const statement = this.#prepared(ADD_TO_BLOCK);
    let lastAt = Number.NEGATIVE_INFINITY;
    for (const [block, [minAt, maxAt]] of this.#blocks) {
      statement.run(block, minAt, maxAt);
      lastAt = Math.max(lastAt, maxAt);
    }
    if (lastAt > Number.NEGATIVE_INFINITY) this.alive(lastAt);
    this.#blocks.clear();
  }

  /** What was written since the last commit has been rolled back. */
  forget(): void {
    this.#blocks.clear();
    this.#nextSeq = this.#storedNextSeq();
    const run = this.#run;
    if (run === null || run.no === null) return;
    const isStored = this.#prepared('SELECT 1 FROM runs WHERE no = ?').get(run.no) !== undefined;
    if (!isStored) this.#run = { ...run, no: null };
  }

  /** Stored with the first sign of life after it that can be. */
  beginRun(nowMs: number): void {
    this.#run = { no: null, startedAtMs: nowMs };
  }

  /** Moves the end of the present run to there, never back. */
  alive(atMs: number): void {
    if (this.#run === null) return;
    if (this.#run.no !== null) {
      this.#prepared('UPDATE runs SET alive_at = max(alive_at, ?) WHERE no = ?').run(atMs, this.#run.no);
      return;
    }
    const { startedAtMs } = this.#run;
    const added = this.#prepared('INSERT INTO runs (started_at, alive_at) VALUES (?, ?)').run(
      startedAtMs,
      Math.max(startedAtMs, atMs),
    );
    this.#run = { no: Number(added.lastInsertRowid), startedAtMs };
  }

  replayWindows(epoch: string, page: number, windows: Uint8Array): void {
    this.#prepared(PUT_REPLAY_WINDOWS).run(epoch, page, windows);
  }

  /** Some pages of other epochs go; how many did. */
  dropReplayWindows(epoch: string, limit: number): number {
    const sql = `DELETE FROM replay_windows WHERE no IN
      (SELECT no FROM replay_windows WHERE epoch <> ? ORDER BY no LIMIT ?)`;
    return Number(this.#prepared(sql).run(epoch, limit).changes);
  }

  /** Changes nothing and is written all the same: does the disk take it? */
  touch(): void {
    this.#database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }

  #event([at, hostId, host, kind, reason, evidence, actor]: EventRow): void {
    const seq = this.#nextSeq++;
    this.#prepared(ADD_EVENT).run(seq, at, hostId, host, kind, reason, asJson(evidence), actor);
    const block = Math.floor(seq / BLOCK_SEQS);
    const instants = this.#blocks.get(block);
    if (instants === undefined) this.#blocks.set(block, [at, at]);
    else {
      instants[0] = Math.min(instants[0], at);
      instants[1] = Math.max(instants[1], at);
    }
  }

  #episode([id, host, openedAt, closedAt, reason, evidence, ...rest]: EpisodeRow): void {
    this.#prepared(PUT_EPISODE).run(id, host, openedAt, closedAt, reason, asJson(evidence), ...rest);
  }

  #host([
    id,
    name,
    labels,
    intervalMs,
    registeredAt,
    confirmed,
    leftAt,
    leftEvidence,
    unheard,
  ]: HostRow): void {
    this.#prepared(PUT_HOST).run(
      id,
      name,
      JSON.stringify(labels),
      intervalMs,
      registeredAt,
      confirmed,
      leftAt,
      asJson(leftEvidence),
      unheard,
    );
    this.#prepared('DELETE FROM tombstones WHERE host_id = ?').run(id);
  }

  #removed(id: string, at: number): void {
    this.#prepared('DELETE FROM hosts WHERE id = ?').run(id);
    this.#prepared(PUT_TOMBSTONE).run(id, at);
  }

  #audit({ at, actor, action, target, detail }: AuditEntry): void {
    this.#prepared(ADD_AUDIT).run(at, actor, action, target, detail);
  }

  #account(change: AccountChange): void {
    switch (change.type) {
      case 'put-user': {
        const { name, role, passwordHash, createdAt, lastSeenAt } = change.user;
        this.#prepared(PUT_USER).run(name, role, passwordHash, createdAt, lastSeenAt);
        return;
      }
      case 'delete-user':
        this.#prepared('DELETE FROM users WHERE name = ?').run(change.name);
        return;
      case 'put-session': {
        const { id, secretHash, user, createdAt, lastSeenAt, expiresAt, address, userAgent } = change.session;
        this.#prepared(PUT_SESSION).run(
          id,
          secretHash,
          user,
          createdAt,
          lastSeenAt,
          expiresAt,
          address,
          userAgent,
        );
        return;
      }
      case 'delete-session':
        this.#prepared('DELETE FROM sessions WHERE id = ?').run(change.id);
        return;
      case 'put-token': {
        const { id, secretHash, name, user, role, createdAt, lastUsedAt, expiresAt } = change.token;
        this.#prepared(PUT_TOKEN).run(id, secretHash, name, user, role, createdAt, lastUsedAt, expiresAt);
        return;
      }
      case 'delete-token':
        this.#prepared('DELETE FROM tokens WHERE id = ?').run(change.id);
    }
  }
}
