/** What the processes of the benchmarks `fanout` and `transports` say to each other. */

/** Our transports, and what stands beside them: the same bytes by bare `ws.send` and bare `response.write`. */
export type ViewerKind = 'socketio' | 'sse' | 'long-polling' | 'polling' | 'bare-ws' | 'bare-sse';
export type ServerKind = 'ours' | 'bare';

/** Hosts in the log of either server; all are up before the first viewer comes. */
export const LIVE_HOSTS = 10_000;

/** Several changes at once, every so often, for so long; then quiet until the viewers have taken them in. */
export type Load = {
  readonly changes: number;
  readonly everyMs: number;
  /** At a random instant within each span of that length, instead of at its beginning. */
  readonly atRandom?: true;
  readonly forMs: number;
  readonly settleMs: number;
};
export type ServerQuestion = { readonly ask: 'reading' } | ({ readonly ask: 'load' } & Load);

/** After a full garbage collection. */
export type ServerReading = {
  readonly port: number;
  readonly rssBytes: number;
  /** Used by JavaScript, buffers outside the heap included. */
  readonly heapBytes: number;
  /** Viewers of the log, or of the control. */
  readonly viewers: number;
  /** Of the process, those of its own included. */
  readonly openSockets: number;
};

/** One tick: its s, and the instants of its changes (ms on the clock of all processes) with how many had each. */
export type TickChanges = readonly [s: number, changes: readonly (readonly [atMs: number, count: number])[]];
export type LoadAnswer = {
  readonly ticks: readonly TickChanges[];
  /** User and system time of the process, from the first change until it was quiet again. */
  readonly cpuUs: number;
  /** From the first change to the end of the last one's turn; without the quiet after it. */
  readonly tookMs: number;
  readonly digest: string;
};
export type ServerAnswer = ServerReading | LoadAnswer;

export type ViewersQuestion =
  /** So many more viewers, each in possession of its first frame when this is answered. */
  | {
      readonly ask: 'open';
      readonly kind: ViewerKind;
      readonly port: number;
      readonly count: number;
      /** So many of them decode each frame and apply it, as the browser does; the others read its head. */
      readonly applying: number;
    }
  /** Forget what was counted so far. */
  | { readonly ask: 'begin' }
  /** What was counted since. */
  | { readonly ask: 'end'; readonly ticks: readonly TickChanges[] }
  /** Take no further byte from any socket. */
  | { readonly ask: 'stop-reading' }
  | { readonly ask: 'close' };

export type ViewersAnswer = {
  readonly viewers: number;
  /** Connections that ended although nobody here ended them. */
  readonly lost: number;
  readonly frames: number;
  /** Frames that brought changes. */
  readonly updates: number;
  /** Host changes brought, over all viewers. */
  readonly delivered: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** From each change to its frame applied (or read), ms. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** User and system time of the process that plays the viewers. */
  readonly cpuUs: number;
  /** Of the viewers that apply: all alike, or null when they differ or there is none. */
  readonly digest: string | null;
};

const isRecord = (message: unknown): message is Readonly<Record<string, unknown>> =>
  typeof message === 'object' && message !== null;
const hasAsk = (message: unknown): boolean => isRecord(message) && typeof message.ask === 'string';

export const isServerQuestion = (message: unknown): message is ServerQuestion => hasAsk(message);
export const isServerAnswer = (message: unknown): message is ServerAnswer =>
  isRecord(message) && (typeof message.rssBytes === 'number' || Array.isArray(message.ticks));
export const isViewersQuestion = (message: unknown): message is ViewersQuestion => hasAsk(message);
export const isViewersAnswer = (message: unknown): message is ViewersAnswer =>
  isRecord(message) && typeof message.lost === 'number';
