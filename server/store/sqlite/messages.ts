/**
 * What the main thread and the store's two threads say to each other. Every message of ours carries the mark, because
 * other parties (`node --watch`) post to the same ports. Types and one check; no behaviour.
 */
import type { AlertId } from '#lib/protocol/alert.ts';
import type { AlertQuery, AuditQuery, EventQuery, TimelineQuery } from '../store.ts';

export const MARK = 'pulsewatch.store';

/** `workerData` of both threads. */
export type StoreSetup = { readonly path: string };

/** A question; the answers are those of reads.ts. */
export type Read =
  | { readonly of: 'begin'; readonly nowMs: number }
  | { readonly of: 'open-episodes'; readonly afterNo: number }
  | { readonly of: 'hosts'; readonly reading: number; readonly afterNo: number }
  | { readonly of: 'replay-windows'; readonly afterNo: number }
  | { readonly of: 'events'; readonly query: EventQuery }
  /** The present run began then and is alive, whatever is stored of it; null: none has begun. */
  | { readonly of: 'timeline'; readonly query: TimelineQuery; readonly startedAtMs: number | null }
  | { readonly of: 'alerts'; readonly query: AlertQuery }
  | { readonly of: 'alert'; readonly id: AlertId }
  | { readonly of: 'audit'; readonly query: AuditQuery };

export type ToWriter =
  /**
   * JSON of ChangeRows. A job that is large comes in pieces, the last of which says so. `urgent`: somebody waits for
   * it, so it is written as soon as it can be.
   */
  | {
      readonly mark: typeof MARK;
      readonly type: 'write';
      readonly id: number;
      readonly rows: number;
      readonly json: string;
      readonly last: boolean;
      readonly urgent: boolean;
    }
  /** After something could not be written nothing is, until this. What was sent before it is not written any more. */
  | { readonly mark: typeof MARK; readonly type: 'resume' }
  /** A run of the server begins. */
  | { readonly mark: typeof MARK; readonly type: 'begin'; readonly nowMs: number }
  | { readonly mark: typeof MARK; readonly type: 'alive'; readonly nowMs: number }
  | { readonly mark: typeof MARK; readonly type: 'trim'; readonly id: number; readonly beforeMs: number }
  | {
      readonly mark: typeof MARK;
      readonly type: 'save-replay-windows';
      readonly id: number;
      readonly epoch: string;
      readonly page: number;
      readonly windows: Uint8Array<ArrayBuffer>;
    }
  | {
      readonly mark: typeof MARK;
      readonly type: 'keep-replay-windows';
      readonly id: number;
      readonly epoch: string;
    }
  | { readonly mark: typeof MARK; readonly type: 'close' };

export type ToReader =
  /** First of all, when the writer has made the file what it should be. */
  | { readonly mark: typeof MARK; readonly type: 'open' }
  | { readonly mark: typeof MARK; readonly type: 'read'; readonly id: number; readonly read: Read }
  | { readonly mark: typeof MARK; readonly type: 'close' };

/** written: it is on disk. unavailable: not now, nothing of it is kept. refused: it breaks a rule of the tables. */
export type WriteOutcome = 'written' | 'unavailable' | 'refused';

/** The writer's, in the order of the jobs. `detail`: why not; null when written. */
export type Wrote = {
  readonly mark: typeof MARK;
  readonly type: 'wrote';
  readonly ids: readonly number[];
  readonly outcome: WriteOutcome;
  readonly detail: string | null;
};

export type FromStore =
  | { readonly mark: typeof MARK; readonly type: 'ready' }
  | {
      readonly mark: typeof MARK;
      readonly type: 'failed';
      readonly message: string;
      readonly ofFile: boolean;
    }
  | Wrote
  | { readonly mark: typeof MARK; readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | {
      readonly mark: typeof MARK;
      readonly type: 'unanswered';
      readonly id: number;
      readonly message: string;
    };

/** Is this one of ours? */
export function isMarked<T extends FromStore | ToWriter | ToReader>(message: unknown): message is T {
  return typeof message === 'object' && message !== null && 'mark' in message && message.mark === MARK;
}
