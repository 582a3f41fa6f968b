/**
 * What the rest of the server may ask of the store: append what happened, read it back newest first, begin again
 * where the last run ended. Every implementation passes store.contract.ts. Appends are kept in the order of the
 * calls, also when nobody waits. Main thread's side; nothing here blocks.
 */
import type { AuditEntry, Role, ServerSettings } from '#lib/protocol/account.ts';
import { type Alert, type AlertId, type AlertStatus, resumptionMs } from '#lib/protocol/alert.ts';
import type { StoreHealth, TimelineBucket } from '#lib/protocol/api.ts';
import type { Evidence, HostEvent, HostId, Labels } from '#lib/protocol/host.ts';

/** An alert with what it takes to resume it and to undo its acknowledgement. */
export type EpisodeRecord = {
  readonly alert: Alert;
  /** By which the host was judged when it opened or last resumed. */
  readonly timeoutMs: number;
  readonly closedBy: 'up' | 'left' | 'removed' | null;
  /** The batch whose acknowledgement is in force. */
  readonly batchId: string | null;
  /** When its host went down last: when it opened, or was resumed. */
  readonly downAt: number;
};

/** A host as the register knows it. Its down state is that of its open episode, so it is not kept twice. */
export type StoredHost = {
  readonly id: HostId;
  readonly name: string | null;
  readonly labels: Labels;
  readonly intervalMs: number;
  readonly registeredAt: number;
  /** Heard more than once in its life, or named by an operator: it alerts. */
  readonly confirmed: boolean;
  /** Named by an operator and not heard since. */
  readonly unheard?: true;
  /** Said bye and was not heard since. */
  readonly left: { readonly at: number; readonly evidence: Evidence | null } | null;
};

/** What a host's leaving rested on, and the index of that host in its page. */
export type PageLeft = { readonly index: number; readonly at: number; readonly evidence: Evidence | null };

/** A part of the register as columns, without an object or a string a host. `eachHost` of host-page.ts shows its hosts. */
export type HostPage = {
  readonly length: number;
  /** Ids: their first and their last four bytes, big-endian. */
  readonly idHigh: Uint32Array;
  readonly idLow: Uint32Array;
  readonly intervalMs: Float64Array;
  readonly registeredAt: Float64Array;
  /** 1: is; 0: is not. */
  readonly confirmed: Uint8Array;
  readonly unheard: Uint8Array;
  /** UTF-8, a line for each host, empty without a name; by index where its line ends, exclusive. */
  readonly names: Uint8Array;
  readonly nameEnds: Uint32Array;
  /**
   * Number of its label set. They are numbered over a whole reading: a page brings those that are new, from
   * `firstSet` on; with 0 all numbers begin anew.
   */
  readonly labelSet: Uint32Array;
  readonly firstSet: number;
  readonly newSets: readonly Labels[];
  /** In the order of their indices. */
  readonly left: readonly PageLeft[];
};

export type StoreBatch = {
  readonly events?: readonly HostEvent[];
  /** Absolute: each replaces what was known under its id. */
  readonly episodes?: readonly EpisodeRecord[];
  /** Absolute as well; a tombstone of that id is lifted. */
  readonly hosts?: readonly StoredHost[];
  /**
   * Leave the register and keep a tombstone, their history and their episode number. A host that is in `hosts` as
   * well returned after it was removed: removals are applied first.
   */
  readonly removed?: readonly { readonly id: HostId; readonly at: number }[];
  readonly audit?: readonly AuditEntry[];
};

/** Events in the order they were appended, newest first. */
export type EventQuery = {
  readonly hostId?: HostId;
  /** Instants, both inclusive, ms since the epoch. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly limit: number;
  /** Goes on after the page that gave this as its `next`. */
  readonly before?: number;
};

export type EventResult = { readonly events: readonly HostEvent[]; readonly next: number | null };

/** Where a page of alerts ended: its last alert's instant (openedAt, or closedAt when resolved) and id. */
export type AlertKey = { readonly stale: boolean; readonly atMs: number; readonly id: AlertId };

/**
 * Open ones: stale ones (opened before `staleBeforeMs`) first, within each part newest opened first. Resolved ones
 * newest closed first. `open` includes acknowledged ones.
 */
export type AlertQuery = {
  readonly status: AlertStatus;
  readonly limit: number;
  readonly staleBeforeMs: number;
  readonly after?: AlertKey;
};

export type AlertResult = { readonly alerts: readonly Alert[]; readonly next: AlertKey | null };

export type TimelineQuery = {
  readonly hostId: HostId;
  readonly fromMs: number;
  readonly toMs: number;
  /** 1 to 500. */
  readonly buckets: number;
  /** What the host is now: holds where nothing is stored that says otherwise. absent: not in the register. */
  readonly present: 'up' | 'down' | 'left' | 'absent';
};

export type TimelineResult = { readonly buckets: readonly TimelineBucket[]; readonly downs: number };

export type StoredUser = {
  readonly name: string;
  readonly role: Role;
  /** As server/auth made it; opaque here. */
  readonly passwordHash: string;
  readonly createdAt: number;
  readonly lastSeenAt: number | null;
};

export type StoredSession = {
  /** Public name of the session: shown in lists, names it when it is revoked. */
  readonly id: string;
  /** SHA-256 of the cookie's secret, hex. */
  readonly secretHash: string;
  readonly user: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly address: string | null;
  readonly userAgent: string | null;
};

export type StoredToken = {
  readonly id: string;
  /** SHA-256 of its secret, hex. */
  readonly secretHash: string;
  readonly name: string;
  readonly user: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly expiresAt: number | null;
};

/** One change of who may come in; put = absolute, by name or id. Deleting a user deletes their sessions and tokens. */
export type AccountChange =
  | { readonly type: 'put-user'; readonly user: StoredUser }
  | { readonly type: 'delete-user'; readonly name: string }
  | { readonly type: 'put-session'; readonly session: StoredSession }
  | { readonly type: 'delete-session'; readonly id: string }
  | { readonly type: 'put-token'; readonly token: StoredToken }
  | { readonly type: 'delete-token'; readonly id: string };

export type StoredAccounts = {
  readonly users: readonly StoredUser[];
  readonly sessions: readonly StoredSession[];
  readonly tokens: readonly StoredToken[];
};

/** What a new run begins with. Read once, before anything is appended. */
export type StoredState = {
  /** Open episodes, and closed ones that may still be resumed at `nowMs`, oldest opened or closed first. */
  readonly episodes: readonly EpisodeRecord[];
  /** Removed hosts that are still told from new ones. */
  readonly tombstones: readonly HostId[];
  /** The last episode number of every host that had one and is not among `episodes`. */
  readonly episodeNumbers: readonly (readonly [HostId, number])[];
  readonly accounts: StoredAccounts;
  readonly settings: ServerSettings;
};

/** What holds until somebody changes it. */
export const DEFAULT_SETTINGS: ServerSettings = { commentRequired: false };

/** Closed, and by its host's recovery not longer ago than that? */
export function isResumableAt({ alert, closedBy, timeoutMs }: EpisodeRecord, nowMs: number): boolean {
  return closedBy === 'up' && alert.closedAt! + resumptionMs(timeoutMs) >= nowMs;
}

export type AuditQuery = { readonly limit: number; readonly before?: number };
export type AuditResult = { readonly entries: readonly AuditEntry[]; readonly next: number | null };

/** The store cannot keep anything now (a full disk); what was asked has not happened. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The file cannot be used. The message says which file, what is wrong and what to do; the file is as it was. */
export class StoreFileError extends Error {
  override readonly name = 'StoreFileError';
}

export type Store = {
  readonly kind: 'memory' | 'sqlite';
  /** Do appended batches outlive the process? */
  readonly durable: boolean;
  health(): StoreHealth;
  /** Where the last run ended; a run begins now. Once, first of all. */
  load(nowMs: number): Promise<StoredState>;
  /** The register, in pages of some thousand hosts, in no special order. After load, before the first append. */
  hosts(): AsyncIterable<HostPage>;
  /**
   * Resolves when the batch is on disk as one transaction. `history`: rejects when the store is closed, and when
   * the batch can never be stored because it breaks a rule of the tables; while the disk is full it waits in memory,
   * bounded (the oldest events are given up first, never an episode or a host), and is stored when there is room,
   * what waited then in several transactions. `command`: rejects with StoreUnavailable, and nothing of it is kept.
   */
  append(batch: StoreBatch, as: 'history' | 'command'): Promise<void>;
  /** All or nothing; rejects with StoreUnavailable. `audit` in the same transaction. */
  changeAccounts(changes: readonly AccountChange[], audit: readonly AuditEntry[]): Promise<void>;
  changeSettings(settings: ServerSettings, audit: AuditEntry): Promise<void>;
  /**
   * Replaces a page of what the server's run `epoch` knows of its hosts' seqs (opaque here); rejects with
   * StoreUnavailable, and nothing of it is kept. Not in order with batches.
   */
  saveReplayWindows(epoch: string, page: number, windows: Uint8Array<ArrayBuffer>): Promise<void>;
  /** All that this run knows has been saved: the pages of earlier ones go. */
  keepReplayWindowsOf(epoch: string): Promise<void>;
  /** Every page there is, of all runs, in no special order. */
  replayWindows(): AsyncIterable<Uint8Array>;
  /** This run is alive and watching: what lies between two runs is unknown to timelines. Call every ten seconds. */
  alive(nowMs: number): void;
  events(query: EventQuery): Promise<EventResult>;
  timeline(query: TimelineQuery): Promise<TimelineResult>;
  alerts(query: AlertQuery): Promise<AlertResult>;
  alert(id: AlertId): Promise<Alert | null>;
  audit(query: AuditQuery): Promise<AuditResult>;
  /** Trims events, resolved alerts, audit, tombstones and runs that ended before then, in small portions. Gives rows. */
  trim(beforeMs: number): Promise<number>;
  close(): Promise<void>;
};

export function matchesStatus(alert: Alert, status: AlertStatus): boolean {
  if (status === 'resolved') return alert.closedAt !== null;
  if (alert.closedAt !== null) return false;
  return status === 'open' || (alert.ack !== null) === (status === 'acknowledged');
}

export function alertKey(alert: Alert, staleBeforeMs: number): AlertKey {
  const stale = alert.closedAt === null && alert.openedAt < staleBeforeMs;
  return { stale, atMs: alert.closedAt ?? alert.openedAt, id: alert.id };
}

/** Stale first, then newest first; a total order. */
export function compareAlertKeys(a: AlertKey, b: AlertKey): number {
  return Number(b.stale) - Number(a.stale) || b.atMs - a.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
