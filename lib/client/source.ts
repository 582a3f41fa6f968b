/**
 * What every transport gives the browser: one connection, from a position on, until it ends or is stopped. A
 * source never reconnects and never judges a frame; connection.ts decides when there is another.
 */
import type { Position } from '#lib/protocol/position.ts';
import type { Transport } from './ladder.ts';

type Ending<Kind extends string> = {
  readonly kind: Kind;
  /** In words, for the page. */
  readonly detail: string;
  /** The server asked to be left alone for so long (Retry-After), ms. */
  readonly retryAfterMs?: number;
};

/**
 * `refused`: the other side said no (its status, say); `lost`: it was there or could not be reached; `no-lease`: other
 * tabs hold as many streaming requests as this browser may have open to one server (stream-lease.ts).
 */
export type ConnectionFailure = Ending<'refused' | 'lost' | 'no-lease'>;

/** `signed-out`: the server knows nobody behind this browser, so no transport will get through. */
export type CloseReason = ConnectionFailure | Ending<'signed-out'>;

export type SourceSink = {
  /** The transport stands; proves nothing about the view. At most once. */
  opened(): void;
  /** One frame as the transport delivered it, not looked at yet. */
  frame(value: unknown): void;
  /** The end; at most once, nothing after it, and never after stop(). */
  closed(reason: CloseReason): void;
};

export type Source = {
  /** The viewer has applied everything up to s. Cheap; may be told more often than it is sent. */
  ack(s: number): void;
  /** Silent from here on, at once. */
  stop(): void;
};

export type SourceOptions = {
  /** Origin with scheme; '' = the page's own. */
  readonly origin: string;
  /** Where the view stands, or null when a snapshot is needed; read each time it is sent. */
  readonly position: () => Position | null;
  readonly sink: SourceSink;
  /** Added to the address of every request, and to Socket.IO's handshake. */
  readonly query?: Readonly<Record<string, string>>;
  /** In the place of the browser's own for every request; Socket.IO has none. */
  readonly fetch?: typeof fetch;
};

/** Starts at once. May be asynchronous inside (a module still to load): `stop` works from the first moment. */
export type OpenSource = (options: SourceOptions) => Source;
export type OpenSources = Readonly<Record<Transport, OpenSource>>;
