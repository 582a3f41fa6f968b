/** Owns every query. Reader's thread; each is one answer of at most a page. Sees what has been committed. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AuditEntry, Role, ServerSettings } from '#lib/protocol/account.ts';
import {
  type Alert,
  type AlertId,
  type AlertStatus,
  MIN_RESUMPTION_MS,
  RESUMPTION_TIMEOUTS,
} from '#lib/protocol/alert.ts';
import type { HostEvent, HostId } from '#lib/protocol/host.ts';
import {
  type AlertQuery,
  type AlertResult,
  type AuditQuery,
  type AuditResult,
  alertKey,
  DEFAULT_SETTINGS,
  type EpisodeRecord,
  type EventQuery,
  type EventResult,
  type StoredAccounts,
  type TimelineQuery,
  type TimelineResult,
} from '../store.ts';
import { type Run, type TimelineEvent, timelineOf } from '../timeline.ts';
import { eventKindOf, isNamed } from './event-kinds.ts';
import { HOSTS_PAGE, type HostsRow, type PackedHosts, packHosts } from './host-pages.ts';
import {
  ALERT_COLUMNS,
  alertOf,
  type Column,
  EPISODE_COLUMNS,
  EVENT_COLUMNS,
  episodeOf,
  eventOf,
} from './rows.ts';
import { SentLabels } from './sent-labels.ts';
import { BLOCK_SEQS } from './writes.ts';

/** What the first question of a run is answered with; open episodes are asked for in pages. */
export type Beginning = {
  readonly resumable: readonly EpisodeRecord[];
  readonly tombstones: readonly HostId[];
  readonly episodeNumbers: readonly (readonly [HostId, number])[];
  readonly accounts: StoredAccounts;
  readonly settings: ServerSettings;
};

/** A page of a table; `afterNo`: where the next begins, null at the end. Rows are turned into objects on main. */
export type Page = { readonly rows: readonly (readonly Column[])[]; readonly afterNo: number | null };

/** `hosts` null: there is none. */
export type HostsPage = { readonly hosts: PackedHosts | null; readonly afterNo: number | null };

/** Each some 80 kB. */
export type ReplayWindowsPage = { readonly pages: readonly Uint8Array[]; readonly afterNo: number | null };

const PAGE_ROWS = 4_000;
const REPLAY_WINDOWS_PAGE_ROWS = 16;
/** A few ms each, on both sides. */
const HOSTS_PAGE_ROWS = 8_000;
/** Events of a timeline read in one go: its window may end long before the host's history does. */
const TIMELINE_PAGE_ROWS = 2_000;
/** The longest timeout there can be, a day; what closed longer ago than its resumption lasts is not looked at. */
const MAX_TIMEOUT_MS = 86_400_000;

const OPEN_ONLY: Readonly<Record<Exclude<AlertStatus, 'resolved'>, string>> = {
  open: '',
  unhandled: 'AND ack_at IS NULL',
  acknowledged: 'AND ack_at IS NOT NULL',
};

export class Reads {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #sentLabels = new SentLabels();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #all(sql: string, ...values: Column[]): Column[][] {
    return this.#prepared(sql).all(...values) as unknown as Column[][];
  }

  begin(nowMs: number): Beginning {
    const settings = Object.fromEntries(
      this.#all('SELECT name, value FROM settings').map(([name, value]) => [name, JSON.parse(String(value))]),
    );
    return {
      resumable: this.#resumable(nowMs),
      tombstones: this.#all('SELECT host_id FROM tombstones ORDER BY removed_at').map(([id]) => id as string),
      episodeNumbers: this.#episodeNumbers(),
      accounts: this.#accounts(),
      settings: { ...DEFAULT_SETTINGS, ...settings },
    };
  }

  /** Of each host at most the newest episode, whatever the machine's clock was when others closed. */
  #resumable(nowMs: number): EpisodeRecord[] {
    return this.#all(
      `SELECT ${EPISODE_COLUMNS} FROM episodes WHERE closed_at IS NOT NULL AND closed_at >= ? AND closed_by = 'up'
        AND closed_at + max(${MIN_RESUMPTION_MS}, ${RESUMPTION_TIMEOUTS} * timeout_ms) >= ?
        AND NOT EXISTS (SELECT 1 FROM episodes AS newer WHERE newer.no > episodes.no
          AND newer.id BETWEEN substr(episodes.id, 1, 17) AND substr(episodes.id, 1, 16) || '.')
        ORDER BY closed_at`,
      nowMs - RESUMPTION_TIMEOUTS * MAX_TIMEOUT_MS,
      nowMs,
    ).map(episodeOf);
  }

  /** From the index of ids alone, and from what trimming has left of those that are gone. */
  #episodeNumbers(): (readonly [HostId, number])[] {
    return this.#all(
      `SELECT host_id, max(episode) FROM (
        SELECT substr(id, 1, 16) AS host_id, CAST(substr(id, 18) AS INTEGER) AS episode FROM episodes
        UNION ALL SELECT host_id, episode FROM episode_floors
      ) GROUP BY host_id`,
    ).map(([id, episode]) => [id as string, episode as number] as const);
  }

  #accounts(): StoredAccounts {
    return {
      users: this.#all('SELECT name, role, password_hash, created_at, last_seen_at FROM users').map(
        ([name, role, passwordHash, createdAt, lastSeenAt]) => ({
          name: name as string,
          role: role as Role,
          passwordHash: passwordHash as string,
          createdAt: createdAt as number,
          lastSeenAt: lastSeenAt as number | null,
        }),
      ),
      sessions: this.#all(
        'SELECT id, secret_hash, user, created_at, last_seen_at, expires_at, address, user_agent FROM sessions',
      ).map(([id, secretHash, user, createdAt, lastSeenAt, expiresAt, address, userAgent]) => ({
        id: id as string,
        secretHash: secretHash as string,
        user: user as string,
        createdAt: createdAt as number,
        lastSeenAt: lastSeenAt as number,
        expiresAt: expiresAt as number,
        address: address as string | null,
        userAgent: userAgent as string | null,
      })),
      tokens: this.#all(
        'SELECT id, secret_hash, name, user, role, created_at, last_used_at, expires_at FROM tokens',
      ).map(([id, secretHash, name, user, role, createdAt, lastUsedAt, expiresAt]) => ({
        id: id as string,
        secretHash: secretHash as string,
        name: name as string,
        user: user as string,
        role: role as Role,
        createdAt: createdAt as number,
        lastUsedAt: lastUsedAt as number | null,
        expiresAt: expiresAt as number | null,
      })),
    };
  }

  openEpisodes(afterNo: number): Page {
    return this.#page(
      `SELECT ${EPISODE_COLUMNS}, no FROM episodes WHERE no > ? AND closed_at IS NULL ORDER BY no LIMIT ?`,
      afterNo,
    );
  }

  /** `reading`: another number for each whole reading. */
  hosts(reading: number, afterNo: number): HostsPage {
    this.#sentLabels.beginPage(reading);
    const row = this.#prepared(HOSTS_PAGE).get(afterNo, HOSTS_PAGE_ROWS) as unknown as HostsRow;
    const [length, lastNo] = row;
    const hosts = length === 0 ? null : packHosts(row, this.#sentLabels);
    if (length === HOSTS_PAGE_ROWS) return { hosts, afterNo: lastNo };
    this.#sentLabels.clear();
    return { hosts, afterNo: null };
  }

  /** Pages of them: each row is large. */
  replayWindows(afterNo: number): ReplayWindowsPage {
    const rows = this.#prepared(
      'SELECT windows, no FROM replay_windows WHERE no > ? ORDER BY no LIMIT ?',
    ).all(afterNo, REPLAY_WINDOWS_PAGE_ROWS) as unknown as [Uint8Array, number][];
    const isLast = rows.length < REPLAY_WINDOWS_PAGE_ROWS;
    return { pages: rows.map(([windows]) => windows), afterNo: isLast ? null : rows.at(-1)![1] };
  }

  /** Of rows whose last column is their number. */
  #page(sql: string, afterNo: number): Page {
    const rows = this.#all(sql, afterNo, PAGE_ROWS);
    let last: number | null = null;
    for (const row of rows) last = row.pop() as number;
    return { rows, afterNo: rows.length < PAGE_ROWS ? null : last };
  }

  events({ hostId, fromMs = -8.64e15, toMs = 8.64e15, limit, before }: EventQuery): EventResult {
    const end = before ?? Number.MAX_SAFE_INTEGER;
    const rows =
      hostId === undefined
        ? this.#fleetEvents(fromMs, toMs, limit + 1, end)
        : this.#all(
            `SELECT ${EVENT_COLUMNS}, seq FROM events INDEXED BY events_host
              WHERE host_id = ? AND seq < ? AND at BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?`,
            hostId,
            end,
            fromMs,
            toMs,
            limit + 1,
          );
    const events: HostEvent[] = rows.slice(0, limit).map(eventOf);
    return { events, next: rows.length > limit ? (rows[limit - 1]!.at(-1) as number) : null };
  }

  #fleetEvents(fromMs: number, toMs: number, limit: number, end: number): Column[][] {
    const rows: Column[][] = [];
    const blocks = this.#all(
      'SELECT block FROM event_blocks WHERE block <= ? AND max_at >= ? AND min_at <= ? ORDER BY block DESC',
      Math.floor((end - 1) / BLOCK_SEQS),
      fromMs,
      toMs,
    );
    for (const [block] of blocks) {
      const first = (block as number) * BLOCK_SEQS;
      const sql = `SELECT ${EVENT_COLUMNS}, seq FROM events WHERE seq >= ? AND seq < ? AND at BETWEEN ? AND ?
        ORDER BY seq DESC LIMIT ?`;
      const until = Math.min(end, first + BLOCK_SEQS);
      rows.push(...this.#all(sql, first, until, fromMs, toMs, limit - rows.length));
      if (rows.length >= limit) break;
    }
    return rows;
  }

  /** O(events of the host since `fromMs`): 0.3 µs each. */
  timeline(query: TimelineQuery, startedAtMs: number | null): TimelineResult {
    return timelineOf(query, this.#timelineEvents(query.hostId), this.#runs(query, startedAtMs));
  }

  *#timelineEvents(hostId: HostId): Generator<TimelineEvent> {
    let before = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const rows = this.#all(
        `SELECT at, kind, seq FROM events INDEXED BY events_host WHERE host_id = ? AND seq < ?
          ORDER BY seq DESC LIMIT ${TIMELINE_PAGE_ROWS}`,
        hostId,
        before,
      );
      for (const [at, kind] of rows) {
        yield { at: at as number, kind: eventKindOf(kind as number), named: isNamed(kind as number) };
      }
      if (rows.length < TIMELINE_PAGE_ROWS) return;
      before = rows.at(-1)![2] as number;
    }
  }

  #runs({ fromMs, toMs }: TimelineQuery, startedAtMs: number | null): Run[] {
    const runs = this.#all(
      'SELECT started_at, alive_at FROM runs WHERE alive_at > ? AND started_at < ?',
      fromMs,
      toMs,
    ).map(([startedAt, aliveAt]) => ({ startedAtMs: startedAt as number, aliveAtMs: aliveAt as number }));
    if (startedAtMs !== null) runs.push({ startedAtMs, aliveAtMs: Number.POSITIVE_INFINITY });
    return runs;
  }

  alerts(query: AlertQuery): AlertResult {
    const { status, limit, staleBeforeMs, after } = query;
    const rows: Column[][] = [];
    if (status === 'resolved') {
      rows.push(...this.#alertPart('closed_at', 'closed_at IS NOT NULL', [], after, limit + 1));
    } else {
      const open = `closed_at IS NULL ${OPEN_ONLY[status]}`;
      // The stale part, then the others; a page may hold the end of one and the beginning of the other.
      if (after === undefined || after.stale) {
        const where = `${open} AND opened_at < ?`;
        rows.push(...this.#alertPart('opened_at', where, [staleBeforeMs], after, limit + 1));
      }
      const rest = limit + 1 - rows.length;
      if (rest > 0) {
        const from = after?.stale ? undefined : after;
        rows.push(...this.#alertPart('opened_at', `${open} AND opened_at >= ?`, [staleBeforeMs], from, rest));
      }
    }
    const alerts = rows.slice(0, limit).map(alertOf);
    return { alerts, next: rows.length > limit ? alertKey(alerts.at(-1)!, staleBeforeMs) : null };
  }

  #alertPart(
    instant: 'opened_at' | 'closed_at',
    where: string,
    values: readonly number[],
    after: AlertQuery['after'],
    limit: number,
  ): Column[][] {
    const order = `ORDER BY ${instant} DESC, id LIMIT ?`;
    const select = `SELECT ${ALERT_COLUMNS} FROM episodes WHERE ${where}`;
    if (after === undefined) return this.#all(`${select} ${order}`, ...values, limit);
    return this.#all(
      `${select} AND ${instant} <= ? AND (${instant} < ? OR id > ?) ${order}`,
      ...values,
      after.atMs,
      after.atMs,
      after.id,
      limit,
    );
  }

  alert(id: AlertId): Alert | null {
    const row = this.#all(`SELECT ${ALERT_COLUMNS} FROM episodes WHERE id = ?`, id)[0];
    return row === undefined ? null : alertOf(row);
  }

  audit({ limit, before }: AuditQuery): AuditResult {
    const rows = this.#all(
      'SELECT at, actor, action, target, detail, seq FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?',
      before ?? Number.MAX_SAFE_INTEGER,
      limit + 1,
    );
    const entries = rows.slice(0, limit).map(([at, actor, action, target, detail]) => ({
      at: at as number,
      actor: actor as string,
      action: action as AuditEntry['action'],
      target: target as string | null,
      detail: detail as string | null,
    }));
    return { entries, next: rows.length > limit ? (rows[limit - 1]!.at(-1) as number) : null };
  }
}
