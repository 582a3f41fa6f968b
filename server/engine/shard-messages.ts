/**
 * What the main thread and a shard's worker say to each other. Every message of ours carries the mark, because
 * other parties (`node --watch`) post to the same ports. Types and one check; no behaviour.
 */
import type { ClockOrigin } from '../clock.ts';
import type { ShardBatch } from './events.ts';
import type { ExpectedHost, RestoredColumns } from './known-hosts.ts';
import type { TimeoutPolicy } from './timeout-class.ts';

export const MARK = 'pulsewatch.engine';

export type BoundAddress = { readonly host: string; readonly port: number };

/** `workerData` of a shard's worker. */
export type ShardSetup = {
  readonly shard: number;
  readonly shards: number;
  readonly addresses: readonly BoundAddress[];
  readonly maxHosts: number;
  readonly policy: TimeoutPolicy;
  readonly tickMs: number;
  readonly clockOrigin: ClockOrigin;
  /** Secret of the host table's hash. */
  readonly seed: number;
  /** null: held until a `restore` message brings it. */
  readonly columns: SharedArrayBuffer | null;
  readonly stats: SharedArrayBuffer;
  /** One Int32: hosts of all shards together. */
  readonly hostCount: SharedArrayBuffer;
};

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
  | { readonly mark: typeof MARK; readonly type: 'fault'; readonly message: string };

export type ToShard =
  | {
      readonly mark: typeof MARK;
      readonly type: 'restore';
      readonly hosts: RestoredColumns;
      readonly columns: SharedArrayBuffer;
      /** Hosts the columns have room for: as many as maxHosts, or as are restored. */
      readonly capacity: number;
    }
  | { readonly mark: typeof MARK; readonly type: 'expect'; readonly host: ExpectedHost }
  | { readonly mark: typeof MARK; readonly type: 'remove'; readonly row: number }
  | { readonly mark: typeof MARK; readonly type: 'stop' };

/** Is this one of ours? */
export function isMarked<T extends FromShard | ToShard>(message: unknown): message is T {
  return typeof message === 'object' && message !== null && 'mark' in message && message.mark === MARK;
}
