/**
 * A shard's thread: hands what the receiver reads to the pure shard, ticks it, posts its news to main, publishes
 * its counters. The first news on a quiet shard goes out at once, then at most one batch a tick unless it is full.
 * Knows no rule of liveness. Messages and workerData: shard-messages.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { clockFrom } from '../clock.ts';
import { publishStats } from './ingest-stats.ts';
import { openShardColumns, openStats, STAT, STAT_COUNT } from './layout.ts';
import { openDgramReceiver } from './receiver/dgram.ts';
import type { Receiver } from './receiver/receiver.ts';
import { Shard } from './shard.ts';
import { type FromShard, isMarked, MARK, type ShardSetup, type ToShard } from './shard-messages.ts';

const RATE_SPAN_MS = 1_000;
const MINUTE_MS = 60_000;

const setup = workerData as ShardSetup;
const main = parentPort!;
const clock = clockFrom(setup.clockOrigin);
const stats = openStats(setup.stats);
const shard = new Shard({
  shard: setup.shard,
  columns: openShardColumns(setup.columns, setup.maxHosts),
  hostCount: new Int32Array(setup.hostCount),
  maxHosts: setup.maxHosts,
  policy: setup.policy,
  seed: setup.seed,
});

const values = new Float64Array(STAT_COUNT);
let sentAtMs = Number.NEGATIVE_INFINITY;
const startedAtMs = clock();
let rateAtMs = startedAtMs;
let rateAccepted = 0;
let horizonMs = Number.NEGATIVE_INFINITY;
let judgeAgain: NodeJS.Immediate | undefined;
let stopped = false;

function post(message: FromShard, transfer: ArrayBuffer[] = []): void {
  main.postMessage(message, transfer);
}

function send(nowMs: number): void {
  if (!shard.hasNews) return;
  sentAtMs = nowMs;
  const batch = shard.take();
  const { rows, kinds, reasons, notes, atMs, lastSeenAtMs, lostBeats, expectedBeats } = batch.transitions;
  const columns = [rows, kinds, reasons, notes, atMs, lastSeenAtMs, lostBeats, expectedBeats];
  post(
    { mark: MARK, type: 'batch', batch },
    columns.map(({ buffer }) => buffer),
  );
}

function publish(nowMs: number, receiver: Receiver): void {
  const { read, accepted, rejected } = shard.counters;
  if (nowMs - rateAtMs >= RATE_SPAN_MS) {
    values[STAT.heartbeatsPerSecond] = ((accepted - rateAccepted) * 1_000) / (nowMs - rateAtMs);
    rateAtMs = nowMs;
    rateAccepted = accepted;
  }
  values[STAT.read] = read;
  values[STAT.accepted] = accepted;
  values[STAT.kernelDrops] = receiver.kernelDrops();
  values[STAT.blindMs] = shard.clock.blindMs;
  values[STAT.blindLastMinuteMs] = shard.clock.blindMsSince(nowMs - MINUTE_MS);
  // No marker yet, or none that comes back, counts as a horizon that stands where the shard started.
  values[STAT.horizonAtMs] = Math.max(horizonMs, startedAtMs);
  values.set(rejected, STAT.firstRejected);
  publishStats(stats, values);
}

/** Judges in bounded portions, so that reading never waits for a mass outage to be told. */
function judge(): void {
  judgeAgain = undefined;
  if (stopped) return;
  const nowMs = clock();
  const more = shard.tick(nowMs, horizonMs, Date.now());
  send(nowMs);
  if (more) judgeAgain = setImmediate(judge);
}

function tick(receiver: Receiver): void {
  // Taken before the marker is sent, so that it is never later than what the marker has behind it.
  const nowMs = clock();
  receiver.mark(nowMs);
  if (judgeAgain === undefined) judge();
  publish(nowMs, receiver);
}

/** Everything up to the horizon has been read: judge at once, not a tick later. */
function onMarker(receiver: Receiver): void {
  const movedMs = receiver.horizonMs() - horizonMs;
  if (!(movedMs > 0)) return;
  horizonMs = receiver.horizonMs();
  if (judgeAgain === undefined) judge();
}

function onDatagram(bytes: Uint8Array, source: string): void {
  const nowMs = clock();
  shard.receive(bytes, source, nowMs);
  if (shard.isFull || (shard.hasNews && nowMs - sentAtMs >= setup.tickMs)) send(nowMs);
}

function onFault(error: Error): void {
  post({ mark: MARK, type: 'fault', message: `shard ${setup.shard} stopped listening: ${error.message}` });
}

async function stop(receiver: Receiver, timer: NodeJS.Timeout): Promise<void> {
  stopped = true;
  clearInterval(timer);
  clearImmediate(judgeAgain);
  await receiver.close();
  const nowMs = clock();
  send(nowMs);
  publish(nowMs, receiver);
  main.close();
}

function run(receiver: Receiver): void {
  const timer = setInterval(tick, setup.tickMs, receiver);
  main.on('message', (message: unknown) => {
    if (!isMarked<ToShard>(message) || stopped) return;
    if (message.type === 'remove') shard.remove(message.row, clock());
    else void stop(receiver, timer);
  });
  tick(receiver);
  const { addresses, receiveBufferBytes } = receiver;
  post({ mark: MARK, type: 'ready', addresses, receiveBufferBytes });
}

let receiver: Receiver | undefined;

openDgramReceiver(setup.addresses, {
  onDatagram,
  onFault,
  onMarker: () => {
    if (receiver !== undefined) onMarker(receiver);
  },
}).then(
  (opened) => {
    receiver = opened;
    run(opened);
  },
  (error: NodeJS.ErrnoException & { address?: string; port?: number }) => {
    const { message, code, syscall, address, port } = error;
    post({ mark: MARK, type: 'failed', failure: { message, code, syscall, address, port } });
  },
);
