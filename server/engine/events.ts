/**
 * What a shard tells the main thread: one ordered batch of descriptions and transitions. Transitions are
 * columns (one index = one transition) and travel as transferables, so that 100,000 of them cost no clone.
 */
import type { HostId, Labels } from '../../lib/protocol/host.ts';

/**
 * Values of TransitionColumns.kinds. 1 to 5 are the host's new state, 1 for a host named before it is heard; 6
 * happens to a host that is up.
 */
export const TransitionKind = { pending: 1, up: 2, late: 3, down: 4, left: 5, restarted: 6 } as const;

/** Values of TransitionColumns.reasons. */
export const TransitionReason = { heard: 0, timeout: 1, closed: 2, reset: 3, bye: 4 } as const;

/** Bits of TransitionColumns.notes. */
export const TransitionNote = {
  /** Heard only once in its life: goes down without an alert and is removed after 5 minutes. */
  heardOnce: 1,
  /** Not heard since the engine started: its silence counts from the listening, or from when it was named. */
  unheard: 2,
  /** Of a down by timeout: a TCP connection that carries this host alone has not ended. */
  connected: 4,
} as const;

export type TransitionColumns = {
  readonly length: number;
  /** The host's row in its shard. */
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly kinds: Uint8Array<ArrayBuffer>;
  readonly reasons: Uint8Array<ArrayBuffer>;
  readonly notes: Uint8Array<ArrayBuffer>;
  /** Instant of the verdict, ms since the epoch. */
  readonly atMs: Float64Array<ArrayBuffer>;
  /** Instant of the host's last accepted heartbeat before the verdict; unheard: the one its deadline counts from. */
  readonly lastSeenAtMs: Float64Array<ArrayBuffer>;
  /** Of the `expectedBeats` (0 to 64) before, so many did not arrive. */
  readonly lostBeats: Uint8Array<ArrayBuffer>;
  readonly expectedBeats: Uint8Array<ArrayBuffer>;
};

/** A host seen for the first time, or whose name or labels changed. Comes before its transitions. */
export type HostDescription = {
  readonly row: number;
  readonly hostId: HostId;
  /** null: not named yet (beats came before its hello). */
  readonly name: string | null;
  readonly labels: Labels;
};

export type ShardBatch = {
  readonly shard: number;
  readonly described: readonly HostDescription[];
  readonly transitions: TransitionColumns;
  /** Newly interned source addresses: [index, address]. */
  readonly sources: readonly (readonly [number, string])[];
  /** Hosts an operator named that found no room: they are not watched. */
  readonly refused?: readonly HostId[];
};
