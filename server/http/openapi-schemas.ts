/** The named schemas of the OpenAPI document: what lib/protocol has as types, for bodies of the API. */
import { ROLES } from '#lib/protocol/account.ts';
import { ERRORS } from '#lib/protocol/errors.ts';
import { REJECT_REASONS } from '#lib/protocol/heartbeat.ts';
import {
  arrayOf,
  count,
  FLAG,
  INSTANT,
  nullable,
  object,
  oneOf,
  ref,
  type Schema,
  SHARE,
  text,
} from './json-schema.ts';

const SPAN: Schema = { type: 'number', minimum: 0, description: 'ms' };
const RATE: Schema = { type: 'number', minimum: 0, description: 'per second' };
const HOST_ID = text({ pattern: '^[0-9a-f]{16}$' });
const ALERT_ID = text({ pattern: '^[0-9a-f]{16}-[1-9][0-9]{0,8}$', description: 'hostId-episode' });
const STATE = oneOf(['pending', 'up', 'late', 'down', 'left']);
const LABELS: Schema = { type: 'object', additionalProperties: text() };
const CURSOR = nullable(text({ description: 'as `cursor`, gives the next page; null: this is the last' }));
const NAME = nullable(text());

const counters = (names: readonly string[]): Schema =>
  object(Object.fromEntries(names.map((name) => [name, count()])));

const POSITIVE: Schema = { type: 'number', exclusiveMinimum: 0 };
/** HostDetector: one object each kind. */
const DETECTORS: readonly Schema[] = [
  object({ kind: oneOf(['fixed']), misses: POSITIVE }),
  object({ kind: oneOf(['loss-window']), received: count(), of: count() }),
  object({ kind: oneOf(['adaptive']), z: POSITIVE, floorMs: SPAN, capMs: SPAN }),
];

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: object({
    type: text(),
    title: text(),
    status: count(),
    code: oneOf(Object.keys(ERRORS)),
    detail: text({ description: 'what was wrong in this request, and what is accepted' }),
  }),
  Position: object({ e: HOST_ID, s: count() }),
  Evidence: object(
    {
      kind: oneOf(['timeout', 'closed', 'reset', 'bye']),
      silentMs: SPAN,
      intervalMs: SPAN,
      source: NAME,
      lostBeats: count(),
      expectedBeats: count(),
      unheard: { const: true, description: 'not heard since the server started or the host was named' },
      connected: {
        const: true,
        description:
          'of a timeout: its own TCP connection had not ended, so its process had not as far as is known',
      },
    },
    ['unheard', 'connected'],
  ),
  Host: object({
    id: HOST_ID,
    name: text(),
    slot: count(),
    state: STATE,
    acknowledged: FLAG,
    maintenance: FLAG,
    flapping: FLAG,
    labels: LABELS,
    intervalMs: SPAN,
    timeoutMs: SPAN,
    lastSeenAt: nullable(INSTANT),
    changedAt: INSTANT,
    reason: NAME,
    evidence: nullable(ref('Evidence')),
    incarnation: nullable(INSTANT),
    lossRatio: nullable(SHARE),
    recentBeats: nullable(HOST_ID),
    source: NAME,
    alertId: nullable(ALERT_ID),
  }),
  HostEvent: object({
    at: INSTANT,
    hostId: HOST_ID,
    host: text(),
    kind: oneOf([
      'registered',
      'up',
      'down',
      'left',
      'restarted',
      'returned',
      'removed',
      'acknowledged',
      'unacknowledged',
    ]),
    reason: NAME,
    evidence: nullable(ref('Evidence')),
    by: NAME,
  }),
  HostCounts: counters(['total', 'pending', 'up', 'late', 'down', 'left', 'acknowledged', 'maintenance']),
  HostFilter: object(
    {
      state: oneOf(['pending', 'up', 'late', 'down', 'left', 'unhandled', 'acknowledged', 'maintenance']),
      q: text({ maxLength: 200 }),
      label: { anyOf: [text(), arrayOf(text(), { maxItems: 16 })], description: 'key:value; all must match' },
    },
    ['state', 'q', 'label'],
  ),
  HostPage: object({
    position: ref('Position'),
    total: count({ description: 'how many match in all' }),
    hosts: arrayOf(ref('Host')),
    nextCursor: CURSOR,
  }),
  HostDetail: object(
    {
      position: ref('Position'),
      host: ref('Host'),
      detector: { anyOf: DETECTORS, description: 'how its silence is judged' },
      olderIncarnationRefused: {
        ...FLAG,
        description: 'down, while messages with its right tag come from an older run: its clock was set back',
      },
      events: arrayOf(ref('HostEvent')),
      availability: object({ '24h': nullable(SHARE), '7d': nullable(SHARE), '30d': nullable(SHARE) }),
    },
    ['detector', 'olderIncarnationRefused'],
  ),
  HostTimeline: object({
    position: ref('Position'),
    hostId: HOST_ID,
    from: INSTANT,
    to: INSTANT,
    buckets: arrayOf(arrayOf(SPAN, { minItems: 4, maxItems: 4, description: 'ms up, down, left, unknown' }), {
      maxItems: 500,
    }),
    downs: count(),
    availability: nullable(SHARE),
  }),
  ExpectedHost: object({ id: HOST_ID, name: text(), labels: LABELS, intervalMs: SPAN }),
  Removed: object({ removed: count() }),
  EventPage: object({ position: ref('Position'), events: arrayOf(ref('HostEvent')), nextCursor: CURSOR }),
  Acknowledgement: object({ by: text(), at: INSTANT, comment: NAME, expiresAt: nullable(INSTANT) }),
  Alert: object({
    id: ALERT_ID,
    hostId: HOST_ID,
    host: text(),
    episode: count({ minimum: 1 }),
    openedAt: INSTANT,
    closedAt: nullable(INSTANT),
    reason: text(),
    evidence: nullable(ref('Evidence')),
    incidentId: NAME,
    ack: nullable(ref('Acknowledgement')),
  }),
  AlertPage: object({ position: ref('Position'), alerts: arrayOf(ref('Alert')), nextCursor: CURSOR }),
  AckRequest: object(
    {
      filter: ref('HostFilter'),
      ids: arrayOf(ALERT_ID, { minItems: 1, maxItems: 500 }),
      at: ref('Position'),
      comment: nullable(text({ maxLength: 1_000 })),
      expiresInMs: nullable(count({ minimum: 1_000, maximum: 2_592_000_000 })),
      by: nullable(text({ maxLength: 64, description: 'ignored where people sign in' })),
    },
    ['filter', 'ids', 'at', 'comment', 'expiresInMs', 'by'],
  ),
  AckAnswer: object(
    {
      acked: count(),
      alreadyAcked: count(),
      skipped: count(),
      batchId: text(),
      results: arrayOf(
        object({
          id: ALERT_ID,
          outcome: oneOf(['acked', 'alreadyAcked', 'skipped']),
          state: nullable(STATE),
          ack: nullable(ref('Acknowledgement')),
        }),
      ),
    },
    ['results'],
  ),
  UnackAnswer: object({ unacked: count(), skipped: count() }),
  StoreHealth: object({
    kind: oneOf(['memory', 'sqlite']),
    writable: FLAG,
    detail: NAME,
    waiting: count(),
    dropped: count(),
  }),
  TcpHealth: object({
    connections: count({ description: 'open now; the others count since the start' }),
    refused: count({ description: 'too many connections' }),
    oversized: count({ description: 'ended: a line or frame too long' }),
    slow: count({ description: 'ended: a line or frame not whole in time' }),
    idle: count({ description: 'ended: nothing came for the timeout of the host' }),
  }),
  Health: object({
    status: oneOf(['ok', 'degraded']),
    epoch: HOST_ID,
    seq: count(),
    uptimeMs: SPAN,
    hosts: ref('HostCounts'),
    transitions: counters(['up', 'late', 'down', 'left']),
    ingest: object({
      receiver: oneOf(['recvmmsg', 'dgram']),
      shards: count({ minimum: 1 }),
      heartbeatsPerSecond: RATE,
      accepted: count(),
      rejected: {
        type: 'object',
        propertyNames: { enum: REJECT_REASONS },
        additionalProperties: count(),
      },
      kernelDrops: count(),
      blind: {
        type: 'boolean',
        description: 'nobody is judged at this moment, or was for 5 % of the last minute',
      },
      blindMs: SPAN,
      blindLastMinuteMs: SPAN,
      degraded: { type: 'boolean', description: 'blind, or so much is dropped that the bar is raised' },
      dropShare: {
        ...SHARE,
        description: 'of the datagrams of the last 10 s, dropped before they were read',
      },
      misses: { type: 'number', minimum: 1, description: 'missed intervals that make a host down now' },
      missesSet: { type: 'number', minimum: 1, description: 'MISSES' },
      shardRestarts: count(),
      newsWaiting: count({ description: 'news of hosts that is made faster than it is handled' }),
      newsMerged: count({ description: 'state changes merged with newer ones of the same host' }),
      receiveBufferBytes: count({ description: 'the smallest the kernel gave a socket' }),
      tcp: ref('TcpHealth'),
    }),
    store: ref('StoreHealth'),
  }),
  SignedInUser: object({ name: text(), role: oneOf(ROLES) }),
  About: object({
    version: text(),
    heartbeat: object(
      {
        host: text(),
        port: count(),
        addresses: arrayOf(text()),
        keys: { type: 'boolean', description: 'heartbeats need a tag' },
      },
      ['keys'],
    ),
    demo: FLAG,
    store: oneOf(['memory', 'sqlite']),
    startedAt: INSTANT,
    auth: oneOf(['none', 'password']),
    you: nullable(ref('SignedInUser')),
    settings: ref('ServerSettings'),
  }),
  FleetSamples: object({
    everyMs: SPAN,
    samples: arrayOf(
      object({
        at: INSTANT,
        ...Object.fromEntries(['pending', 'up', 'late', 'down', 'left'].map((state) => [state, count()])),
        heartbeatsPerSecond: RATE,
        changesPerSecond: RATE,
      }),
    ),
  }),
  ServerSettings: object({
    commentRequired: { type: 'boolean', description: 'an acknowledgement without a comment is refused' },
  }),
  AuditPage: object({
    entries: arrayOf(object({ at: INSTANT, actor: text(), action: text(), target: NAME, detail: NAME })),
    nextCursor: CURSOR,
  }),
  ScratchFeed: object({ feed: HOST_ID, epoch: HOST_ID, hosts: count(), changesPerSecond: count() }),
};
