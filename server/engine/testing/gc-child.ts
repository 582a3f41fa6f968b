/**
 * `gc-child.ts <receiver> <shards> <hosts> <seconds>`, with gc-preload.ts: sends heartbeats to an engine of its own as
 * fast as it reads them, while its shards collect garbage all the time, keeps a model of what it sent, and prints in the end
 * in how many hosts the engine's columns differ from it, and whether silence downs each of them, once.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { encodeHeader, encodeHello, HEADER_BYTES, MessageType } from '../../../lib/protocol/heartbeat.ts';
import { canonicalLabels } from '../../../lib/protocol/host.ts';
import { clockFrom, clockOrigin } from '../../clock.ts';
import { hostIdBytes, hostIdHex } from '../../host-id.ts';
import { type Engine, startEngine, TransitionKind } from '../index.ts';

const MISSES = 1;
const INTERVALS_MS = [3_000, 3_500, 4_000];
const BEATS_A_DATAGRAM = 46;
const WINDOW = 0xffff_ffff_ffff_ffffn;

export type GcReport = {
  readonly sent: number;
  readonly read: number;
  readonly accepted: number;
  readonly differing: readonly string[];
  readonly early: number;
  readonly downOnce: number;
  readonly silent: number;
};

type Model = {
  readonly name: string;
  readonly hostId: Uint8Array;
  incarnation: number;
  seq: number;
  seen: bigint;
  expected: number;
  intervalMs: number;
  lateMs: number;
  sentAtMs: number;
};

const [receiver, shardsText, hostsText, secondsText] = process.argv.slice(2);
const shards = Number(shardsText);
const hosts = Number(hostsText);
const origin = clockOrigin();
const clock = clockFrom(origin);

const places = new Map<string, { shard: number; row: number }>();
const downs = new Map<string, number>();
let ending = false;
let early = 0;

const engine: Engine = await startEngine({
  addresses: [{ host: '127.0.0.1', port: 0 }],
  shards,
  maxHosts: hosts,
  misses: MISSES,
  minTimeoutMs: 500,
  maxTimeoutMs: 3_600_000,
  clockOrigin: origin,
  receiver: receiver === 'dgram' ? 'dgram' : 'recvmmsg',
  onBatch: ({ shard, described, transitions }) => {
    for (const { hostId, row } of described) places.set(hostId, { shard, row });
    for (let i = 0; i < transitions.length; i++) {
      if (transitions.kinds[i] !== TransitionKind.down) continue;
      const key = `${shard}/${transitions.rows[i]}`;
      downs.set(key, (downs.get(key) ?? 0) + 1);
      if (!ending) early++;
    }
  },
  onFault: (error) => {
    throw error;
  },
});

/** Deterministic, so that a failure can be looked at again. */
let state = 0x2545f491;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const models: Model[] = Array.from({ length: hosts }, (_, i) => ({
  name: `host-${i}`,
  hostId: hostIdBytes(`host-${i}`),
  incarnation: 1_000,
  seq: 0,
  seen: 0n,
  expected: 0,
  intervalMs: INTERVALS_MS[i % INTERVALS_MS.length]!,
  lateMs: 0,
  sentAtMs: 0,
}));

/** The host's next beat, some lost on the way and some from a new run. */
function advance(model: Model): void {
  if (random(200) === 0) {
    model.incarnation++;
    model.seq = 0;
    model.expected = 0;
    model.seen = 0n;
  }
  const step = model.seq === 0 ? 1 + random(3) : 1 + (random(10) === 0 ? random(80) : 0);
  model.seen = step > 64 ? 1n : ((model.seen << BigInt(step)) | 1n) & WINDOW;
  model.expected = model.expected === 0 ? 1 : Math.min(64, model.expected + step);
  model.seq += step;
  if (random(50) === 0) model.intervalMs = INTERVALS_MS[random(INTERVALS_MS.length)]!;
  model.lateMs = random(1_000);
  model.sentAtMs = clock();
}

function fields(model: Model, type: 1 | 2): Parameters<typeof encodeHeader>[2] {
  const { hostId, incarnation, seq, intervalMs, lateMs } = model;
  return { type, hostId, incarnation, seq, clockMs: 0, intervalMs, lateMs };
}

const socket = createSocket('udp4');
socket.connect(engine.addresses[0]!.port, '127.0.0.1');
await once(socket, 'connect');
let sent = 0;
let waiting: Buffer[] = [];

function flush(): void {
  if (waiting.length > 0) socket.send(Buffer.concat(waiting));
  waiting = [];
}

function send(model: Model): void {
  advance(model);
  sent++;
  if (random(20) === 0) {
    flush();
    const labels = canonicalLabels([['rack', `r${random(40)}`]]);
    socket.send(encodeHello(fields(model, MessageType.hello), model.name, labels));
    return;
  }
  const bytes = Buffer.alloc(HEADER_BYTES);
  encodeHeader(
    new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES),
    0,
    fields(model, MessageType.beat),
  );
  if (waiting.push(bytes) === BEATS_A_DATAGRAM || random(30) === 0) flush();
}

async function allRead(): Promise<void> {
  while (engine.ingest().read < sent) await turn();
}

const endAtMs = clock() + Number(secondsText) * 1_000;
while (clock() < endAtMs) {
  models.forEach(send);
  flush();
  // One of each host is under way at most: between two shards they could overtake each other.
  await allRead();
}

function differs(model: Model): boolean {
  const place = places.get(hostIdHex(model.name));
  if (place === undefined) return true;
  const view = engine.read(place.shard, place.row);
  // Lost ones are counted from the first that was heard of a run on.
  const mask = model.expected === 64 ? WINDOW : (1n << BigInt(model.expected)) - 1n;
  const lost = model.expected - (model.seen & mask).toString(2).replaceAll('0', '').length;
  return !(
    view.state === 2 &&
    view.heard &&
    view.heardAgain &&
    view.incarnation === model.incarnation &&
    view.highSeq === model.seq &&
    view.seen64 === model.seen &&
    view.expectedBeats === model.expected &&
    view.lostBeats === lost &&
    view.intervalMs === model.intervalMs &&
    view.senderLateMs === model.lateMs &&
    view.sourceIndex === 0 &&
    view.lastSeenAtMs >= model.sentAtMs - 50 &&
    view.lastSeenAtMs <= clock()
  );
}

const differing = models.filter(differs).map(({ name }) => name);
ending = true;
const { read, accepted } = engine.ingest();
const silentUntilMs = clock() + Math.max(...INTERVALS_MS) + 40_000;
while (downs.size < hosts && clock() < silentUntilMs) await turn();
const downOnce = [...downs.values()].filter((count) => count === 1).length;
await engine.stop();
socket.close();
const report: GcReport = {
  sent,
  read,
  accepted,
  differing: differing.slice(0, 5),
  early,
  downOnce,
  silent: hosts,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
