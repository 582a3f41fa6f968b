/**
 * Owns what a host is on the wire: its state byte, its name and label rules, its JSON.
 * Knows nothing of sockets, shards or pages.
 */

/** Low 4 bits of a state byte. */
export const HostState = { empty: 0, pending: 1, up: 2, late: 3, down: 4, left: 5 } as const;
export type HostStateCode = (typeof HostState)[keyof typeof HostState];
export type StateName = 'pending' | 'up' | 'late' | 'down' | 'left';

export const STATE_MASK = 0x0f;
/** Overlay bits of a state byte: they say who is told, never whether a host is up. */
export const ACKNOWLEDGED = 16;
export const MAINTENANCE = 32;
export const FLAPPING = 64;

export const STATE_NAMES: readonly (StateName | 'empty')[] = [
  'empty',
  'pending',
  'up',
  'late',
  'down',
  'left',
];

/** The name of a state byte's low bits; `empty` for 0 and for codes this version does not know. */
export function stateNameOf(stateByte: number): StateName | 'empty' {
  return STATE_NAMES[stateByte & STATE_MASK] ?? 'empty';
}

/** First 8 bytes of SHA-256(name) as 16 lower-case hex digits. */
export type HostId = string;
export const HOST_ID_PATTERN = /^[0-9a-f]{16}$/;

export type Labels = Readonly<Record<string, string>>;

const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const LABEL_KEY = /^[a-z][a-z0-9_.-]{0,31}$/;
/** Spaces, quotes, control, format (bidi among them), private and unassigned characters. */
const LABEL_VALUE_FORBIDDEN = /[\p{White_Space}\p{Quotation_Mark}`\p{C}]/u;

/** Keys of a text heartbeat with a meaning of their own, and names no object may carry. */
export const RESERVED_LABEL_KEYS: ReadonlySet<string> = new Set([
  'interval',
  'seq',
  'bye',
  '__proto__',
  'constructor',
  'prototype',
]);
export const MAX_LABELS = 16;
export const MAX_LABEL_VALUE_BYTES = 64;

export function isHostName(name: string): boolean {
  return HOST_NAME.test(name);
}

export function isLabelKey(key: string): boolean {
  return LABEL_KEY.test(key) && !RESERVED_LABEL_KEYS.has(key);
}

const utf8 = new TextEncoder();

export function isLabelValue(value: string): boolean {
  if (value.length === 0 || LABEL_VALUE_FORBIDDEN.test(value)) return false;
  return value.length <= MAX_LABEL_VALUE_BYTES / 4 || utf8.encode(value).length <= MAX_LABEL_VALUE_BYTES;
}

/** A label set with the keys in order and no prototype, so that equal sets have equal JSON. */
export function canonicalLabels(pairs: Iterable<readonly [string, string]>): Labels {
  const labels: Record<string, string> = Object.create(null);
  for (const [key, value] of [...pairs].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))) {
    labels[key] = value;
  }
  return labels;
}

/** Why a host is down or gone: `timeout` silence, `closed`/`reset` an ended TCP connection, `bye` a planned leave. */
export type ReasonKind = 'timeout' | 'closed' | 'reset' | 'bye';

/** What a verdict rests on; the words are made from it, in any language. Spans in ms. */
export type Evidence = {
  readonly kind: ReasonKind;
  /** Silence at the moment of the verdict. */
  readonly silentMs: number;
  readonly intervalMs: number;
  /** Address the last accepted heartbeat came from, or null when it is not known. */
  readonly source: string | null;
  /** Beats lost and expected in the window (at most 64) before; expected 0 = the sender counts no seq. */
  readonly lostBeats: number;
  readonly expectedBeats: number;
  /** Not heard since this server started (or since an operator named it): the silence counts from there. */
  readonly unheard?: true;
  /** Of a timeout: its own TCP connection had not ended then, so its process had not ended as far as anyone knows. */
  readonly connected?: true;
};

/** One host as `GET /api/hosts` gives it. Instants in ms since the epoch on the server's clock. */
export type Host = {
  readonly id: HostId;
  /** The name, or the hex id until a hello or a text heartbeat named it. */
  readonly name: string;
  readonly slot: number;
  readonly state: StateName;
  readonly acknowledged: boolean;
  readonly maintenance: boolean;
  readonly flapping: boolean;
  readonly labels: Labels;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly lastSeenAt: number | null;
  /** When the state last changed. */
  readonly changedAt: number;
  /** The verdict in words (English), null while the host is up, late or pending. */
  readonly reason: string | null;
  /** The same verdict as data, for pages in other languages. */
  readonly evidence: Evidence | null;
  /** ms since the epoch at the agent's start; null for text heartbeats. */
  readonly incarnation: number | null;
  /** Share of the last (at most 64) expected beats that did not arrive; null when the sender counts no seq. */
  readonly lossRatio: number | null;
  /** The last 64 expected beats as 16 hex digits, newest in the lowest bit, 1 = arrived; null without seq. */
  readonly recentBeats: string | null;
  readonly source: string | null;
  /** Id of its open episode (`hostId-episode`), which is what an acknowledgement names; null while there is none. */
  readonly alertId: string | null;
};

/** What happened to a host, as its history tells it. `late` is shown live and never stored. */
export type HostEventKind =
  | 'registered'
  | 'up'
  | 'down'
  | 'left'
  | 'restarted'
  | 'returned'
  | 'removed'
  | 'acknowledged'
  | 'unacknowledged';

export type HostEvent = {
  readonly at: number;
  readonly hostId: HostId;
  readonly host: string;
  readonly kind: HostEventKind;
  readonly reason: string | null;
  readonly evidence: Evidence | null;
  /** Who did it, for acts of people. */
  readonly by: string | null;
};

/** Hosts by state. down = all that are down; acknowledged and maintenance are disjoint parts of it. */
export type HostCounts = {
  readonly total: number;
  readonly pending: number;
  readonly up: number;
  readonly late: number;
  readonly down: number;
  readonly left: number;
  /** Down and acknowledged and not in maintenance. */
  readonly acknowledged: number;
  /** Down and in maintenance. */
  readonly maintenance: number;
};
