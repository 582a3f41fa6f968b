/** Bodies of the HTTP API that are not hosts or alerts themselves. Instants and spans in ms. */
import type { ServerSettings, SignedInUser } from './account.ts';
import type { Alert } from './alert.ts';
import type { RejectReason } from './heartbeat.ts';
import type { Host, HostCounts, HostEvent } from './host.ts';
import type { Position } from './position.ts';

export type Health = {
  /** degraded: we may be blind, or what happens cannot be stored. */
  readonly status: 'ok' | 'degraded';
  readonly epoch: string;
  readonly seq: number;
  readonly uptimeMs: number;
  readonly hosts: HostCounts;
  /** How often a host became …, since the server's start. */
  readonly transitions: { up: number; late: number; down: number; left: number };
  readonly ingest: {
    readonly receiver: 'recvmmsg' | 'dgram';
    readonly shards: number;
    readonly heartbeatsPerSecond: number;
    readonly accepted: number;
    readonly rejected: Readonly<Record<RejectReason, number>>;
    /** Datagrams the kernel dropped before we read them; 0 when the receiver cannot know. */
    readonly kernelDrops: number;
    /** A shard judges nobody at this moment, or was blind for more than 5 % of the last minute. */
    readonly blind: boolean;
    readonly blindMs: number;
    readonly blindLastMinuteMs: number;
    /** We are in doubt about ourselves: blind, or so many datagrams are dropped that the bar is raised. */
    readonly degraded: boolean;
    /** Share of the datagrams of the last 10 s that were dropped before they were read, 0 to 1. */
    readonly dropShare: number;
    /** Missed intervals that make a host down now; above the MISSES that were set while datagrams are dropped. */
    readonly misses: number;
    /** MISSES as set. */
    readonly missesSet: number;
    /** Shards that ended by themselves and were started again, since the start. */
    readonly shardRestarts: number;
    /** News of hosts that waits because more of it is made than can be handled. */
    readonly newsWaiting: number;
    /** State changes that were never told, since the start: too many newer ones of the same host waited with them. */
    readonly newsMerged: number;
    /** Smallest receive buffer the kernel gave a socket, as it counts bytes. */
    readonly receiveBufferBytes: number;
    readonly tcp: TcpHealth;
  };
  readonly store: StoreHealth;
};

/** Heartbeats over TCP. Counts since the start, but `connections`, which are open now. */
export type TcpHealth = {
  readonly connections: number;
  /** Connections not taken because there were too many, in all or from one address. */
  readonly refused: number;
  /** Connections ended because of a line or frame that was too long, or did not come to its end in time. */
  readonly oversized: number;
  readonly slow: number;
  /** Connections ended because nothing came for the timeout of their host. */
  readonly idle: number;
};

export type StoreHealth = {
  readonly kind: 'memory' | 'sqlite';
  /** false: nothing can be stored now; acknowledging is refused, history waits in memory. */
  readonly writable: boolean;
  /** Why not, in words; null while it is writable. */
  readonly detail: string | null;
  /** Rows that wait to be stored. */
  readonly waiting: number;
  /** Rows of history given up because too many waited, since the start. */
  readonly dropped: number;
};

/** What a page has to know of the server beside hosts: where agents send to, what is marked, what is kept. */
export type About = {
  readonly version: string;
  readonly heartbeat: {
    readonly host: string;
    readonly port: number;
    /** Where other machines can send to: empty while heartbeats are heard on loopback alone. */
    readonly addresses: readonly string[];
    /** Heartbeats need a tag: agents are given their key. Absent: they do not. */
    readonly keys?: boolean;
  };
  /** A simulated fleet feeds this server. */
  readonly demo: boolean;
  /** `memory`: acknowledgements and history end with the process. */
  readonly store: 'memory' | 'sqlite';
  readonly startedAt: number;
  readonly auth: 'none' | 'password';
  /** Who asks; null with AUTH=none. */
  readonly you: SignedInUser | null;
  readonly settings: ServerSettings;
};

export type HostSort =
  | 'name'
  | '-name'
  | 'state'
  | '-state'
  | 'lastSeenAt'
  | '-lastSeenAt'
  | 'changedAt'
  | '-changedAt'
  | 'lossRatio'
  | '-lossRatio';

/** The fleet over the last minutes, one sample every `everyMs`, oldest first. Rates are means over the sample. */
export type FleetSample = {
  readonly at: number;
  readonly pending: number;
  readonly up: number;
  readonly late: number;
  readonly down: number;
  readonly left: number;
  readonly heartbeatsPerSecond: number;
  readonly changesPerSecond: number;
};
export type FleetSamples = { readonly everyMs: number; readonly samples: readonly FleetSample[] };

export type EventPage = {
  readonly position: Position;
  readonly events: readonly HostEvent[];
  readonly nextCursor: string | null;
};

/** state takes a state, or `unhandled` | `acknowledged` | `maintenance`. */
export type HostFilter = {
  readonly state?: string;
  readonly q?: string;
  readonly label?: string | readonly string[];
};

export type HostPage = {
  readonly position: Position;
  readonly total: number;
  readonly hosts: readonly Host[];
  readonly nextCursor: string | null;
};

/** How a host's silence is judged (POLICIES). Spans in ms. */
export type HostDetector =
  /** Silent for so many intervals. */
  | { readonly kind: 'fixed'; readonly misses: number }
  /** Fewer than `received` of the last `of` expected beats arrived. */
  | { readonly kind: 'loss-window'; readonly received: number; readonly of: number }
  /** Silent for longer than the mean of its own intervals + z deviations, within floor and cap. */
  | { readonly kind: 'adaptive'; readonly z: number; readonly floorMs: number; readonly capMs: number };

export type HostDetail = {
  readonly position: Position;
  readonly host: Host;
  /** In force for it now. */
  readonly detector?: HostDetector;
  /** Its beats are refused because they come from an older start of its agent than the one heard before. */
  readonly olderIncarnationRefused?: boolean;
  readonly events: readonly HostEvent[];
  readonly availability: Availability;
};

/** Share of the time a host was up of the time it was known to be up or down; null: never in that span. */
export type Availability = {
  readonly '24h': number | null;
  readonly '7d': number | null;
  readonly '30d': number | null;
};

/** ms of one stretch of a timeline in each state. unknown: not watched, not there yet, or no longer stored. */
export type TimelineBucket = readonly [up: number, down: number, left: number, unknown: number];

/** `GET /api/hosts/{nameOrId}/timeline?from=&to=&buckets=`: equal stretches from `from` to `to`, oldest first. */
export type HostTimeline = {
  readonly position: Position;
  readonly hostId: string;
  readonly from: number;
  readonly to: number;
  readonly buckets: readonly TimelineBucket[];
  /** How often it went down in that span. */
  readonly downs: number;
  readonly availability: number | null;
};

export type AlertPage = {
  readonly position: Position;
  readonly alerts: readonly Alert[];
  readonly nextCursor: string | null;
};

export type AckRequest = {
  readonly filter?: HostFilter;
  readonly at?: Position;
  readonly ids?: readonly string[];
  readonly comment?: string;
  readonly expiresInMs?: number;
  readonly by?: string;
};

export type UnackRequest = {
  readonly batchId?: string;
  readonly ids?: readonly string[];
  readonly by?: string;
};

/** One tick: its seq, when it was published, and when what changed in it did, as [instant, hosts], ascending. */
export type ChangedTick = readonly [
  s: number,
  publishedAtMs: number,
  changes: readonly (readonly [changedAtMs: number, hosts: number])[],
];

/** `GET /rt/changes`. `e`, `s`: the present position; `from`: the first tick still known. */
export type Changes = Position & { readonly from: number; readonly ticks: readonly ChangedTick[] };

/** What the server counted for one viewer, or several that chose the same name. */
export type MeterReading = {
  /** As its viewer chose it, 16 hex digits. */
  readonly meter: string;
  readonly transport: 'socketio' | 'sse' | 'long-polling' | 'polling';
  /** HTTP requests, a WebSocket's handshake among them. */
  readonly requests: number;
  /** Of HTTP and WebSocket with all headers, without TCP. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Of those both ways, the ones of answers without news. */
  readonly wastedBytes: number;
  readonly frames: number;
  /** Answers with news, and those with a beat alone. On a stream what is sent at once is one answer. */
  readonly updates: number;
  readonly emptyAnswers: number;
};

/** `GET /rt/meter` */
export type MeterReadings = { readonly meters: readonly MeterReading[] };

/** A set of made-up hosts that change on their own, for comparing transports. */
export type ScratchFeedInfo = {
  /** What viewers ask for, 16 hex digits. */
  readonly feed: string;
  readonly epoch: string;
  readonly hosts: number;
  readonly changesPerSecond: number;
};
