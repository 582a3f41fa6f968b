/**
 * What the main thread and a shard's worker say to each other. Every message of ours carries the mark, because
 * other parties (`node --watch`) post to the same ports. Types, one check, and the words both threads look at.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ClockOrigin } from '../clock.ts';
import type { DetectorPolicies } from './detector/policies.ts';
import type { ShardBatch } from './events.ts';
import type { ExpectedHost, RestoredColumns } from './known-hosts.ts';
import type { TagSettings } from './tags/tag-settings.ts';
import type { TimeoutPolicy } from './timeout-class.ts';

export const MARK = 'pulsewatch.engine';

export type BoundAddress = { readonly host: string; readonly port: number };

/** Where a shard's datagrams come from. */
export type ShardSockets =
  | {
      /** Sockets of the process, one an address, open until main closes them. */
      readonly receiver: 'recvmmsg';
      readonly fds: readonly number[];
    }
  | {
      /** The worker opens them itself. Port 0 = any free one, then the same for all. */
      readonly receiver: 'dgram';
      readonly addresses: readonly BoundAddress[];
      /** A secret of all shards that listen on these; null for one alone. */
      readonly shared: number | null;
    };

/** `workerData` of a shard's worker. */
export type ShardSetup = {
  readonly shard: number;
  readonly shards: number;
  readonly sockets: ShardSockets;
  readonly maxHosts: number;
  readonly policy: TimeoutPolicy;
  readonly policies: DetectorPolicies;
  readonly tags: TagSettings | null;
  readonly tickMs: number;
  readonly clockOrigin: ClockOrigin;
  /** Secret of the host table's hash. */
  readonly seed: number;
  /** What stands in the columns is from a worker that ended by itself: it is taken over as it is. */
  readonly adopts: boolean;
  /** Judge nobody until a `restore` wish has been fulfilled. */
  readonly holds: boolean;
  /** null: not before a `restore` message brings it. */
  readonly columns: ShardMemory | null;
  /** The number the next new source address gets. */
  readonly firstSource: number;
  readonly stats: SharedArrayBuffer;
  /** One Int32: hosts of all shards together. */
  readonly hostCount: SharedArrayBuffer;
  /** Int32 words: see CONTROL. */
  readonly control: SharedArrayBuffer;
  /** What shards show each other of what they drop: see self-doubt.ts. */
  readonly doubts: SharedArrayBuffer;
  /** Rings this shard reads: one from each other shard, and main's. */
  readonly ringsIn: readonly SharedArrayBuffer[];
  /** By number of the owning shard; null at its own. */
  readonly ringsOut: readonly (SharedArrayBuffer | null)[];
  /** What main asks for. */
  readonly wishes: MessagePort;
};

export type ShardMemory = {
  readonly memory: SharedArrayBuffer;
  /** Hosts it has room for: as many as maxHosts, or as are restored. */
  readonly capacity: number;
};

/**
 * Words of `control`: messages main has sent; 1 = end; number of the last wish fulfilled; batches the shard has
 * posted and main has handled, both counted on beyond 2³²; transitions and descriptions that wait to be posted.
 */
export const CONTROL = { mail: 0, stop: 1, fulfilled: 2, posted: 3, handled: 4, waiting: 5 } as const;

const CONTROL_BYTES = 8 * Math.ceil(Object.keys(CONTROL).length / 2);

export function allocateControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + 8);
}

/** Behind the words of `control`, one number: transitions given up for newer ones, ever. */
export function openMerged(control: SharedArrayBuffer): Float64Array {
  return new Float64Array(control, CONTROL_BYTES, 1);
}

/** A failed start as Node gave it, in fields that survive the way between threads. */
export type StartFailure = {
  readonly message: string;
  readonly code: string | undefined;
  readonly syscall: string | undefined;
  readonly address: string | undefined;
  readonly port: number | undefined;
};

export type FromShard =
  | {
      readonly mark: typeof MARK;
      readonly type: 'ready';
      readonly addresses: readonly BoundAddress[];
      readonly receiveBufferBytes: number;
    }
  | { readonly mark: typeof MARK; readonly type: 'failed'; readonly failure: StartFailure }
  | { readonly mark: typeof MARK; readonly type: 'batch'; readonly batch: ShardBatch }
  /** It no longer listens, and would not if it were started again. */
  | { readonly mark: typeof MARK; readonly type: 'fault'; readonly message: string };

/** What main asks for: numbered from 1 on, fulfilled in order, kept by main until it is. */
export type Wish =
  | {
      readonly type: 'restore';
      readonly number: number;
      readonly hosts: RestoredColumns;
      readonly columns: ShardMemory;
    }
  | { readonly type: 'expect'; readonly number: number; readonly host: ExpectedHost }
  | { readonly type: 'remove'; readonly number: number; readonly row: number };

export type ToShard =
  | { readonly mark: typeof MARK; readonly type: 'wish'; readonly wish: Wish }
  | { readonly mark: typeof MARK; readonly type: 'stop' };

/** Is this one of ours? */
export function isMarked<T extends FromShard | ToShard>(message: unknown): message is T {
  return typeof message === 'object' && message !== null && 'mark' in message && message.mark === MARK;
}
