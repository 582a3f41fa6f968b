/**
 * A shard's thread: hands what the receiver reads to the pure shard, or to the hold before there is one, ticks it,
 * posts its news to main, publishes its counters. The first news on a quiet shard goes out at once, then at most
 * one batch a tick unless it is full. Knows no rule of liveness. Messages and workerData: shard-messages.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { clockFrom } from '../clock.ts';
import { Hold } from './hold.ts';
import { publishStats } from './ingest-stats.ts';
import { openShardColumns, openStats, STAT, STAT_COUNT } from './layout.ts';
import { ObservedClock } from './observed-clock.ts';
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
const observed = new ObservedClock();

function openShard(memory: SharedArrayBuffer, capacity: number): Shard {
  return new Shard({
    shard: setup.shard,
    columns: openShardColumns(memory, capacity),
    hostCount: new Int32Array(setup.hostCount),
    maxHosts: setup.maxHosts,
    policy: setup.policy,
    seed: setup.seed,
    clock: observed,
  });
}

/** Who may have sent is not known before `restore`: until all that came in has been judged, there is a hold. */
let hold = setup.columns === null ? new Hold(observed) : null;
let shard = setup.columns === null ? null : openShard(setup.columns, setup.maxHosts);
/** What main asked for during the hold, in order. */
const wishes: ToShard[] = [];
let heldLost = 0;

const values = new Float64Array(STAT_COUNT);
let sentAtMs = Number.NEGATIVE_INFINITY;
const startedAtMs = clock();
let rateAtMs = startedAtMs;
let rateAccepted = 0;
let horizonMs = Number.NEGATIVE_INFINITY;
let again: NodeJS.Immediate | undefined;
let stopped = false;

function post(message: FromShard, transfer: ArrayBuffer[] = []): void {
  main.postMessage(message, transfer);
}

function send(nowMs: number): void {
  if (shard === null || !shard.hasNews) return;
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
  if (shard !== null) {
    const { read, accepted, rejected } = shard.counters;
    if (hold === null && nowMs - rateAtMs >= RATE_SPAN_MS) {
      values[STAT.heartbeatsPerSecond] = ((accepted - rateAccepted) * 1_000) / (nowMs - rateAtMs);
      rateAtMs = nowMs;
      rateAccepted = accepted;
    }
    values[STAT.read] = read;
    values[STAT.accepted] = accepted;
    values.set(rejected, STAT.firstRejected);
  }
  values[STAT.kernelDrops] = receiver.kernelDrops() + (hold?.lost ?? heldLost);
  values[STAT.blindMs] = observed.blindMs;
  values[STAT.blindLastMinuteMs] = observed.blindMsSince(nowMs - MINUTE_MS);
  // No marker yet, or none that comes back, counts as a horizon that stands where the shard started.
  values[STAT.horizonAtMs] = Math.max(horizonMs, startedAtMs);
  publishStats(stats, values);
}

/** Judges in bounded portions, so that reading never waits for a mass outage to be told. */
function judge(): void {
  again = undefined;
  if (stopped || shard === null) return;
  const nowMs = clock();
  const more = shard.tick(nowMs, horizonMs, Date.now());
  send(nowMs);
  if (more) again = setImmediate(judge);
}

/** The hold's work, a portion between two turns of reading; at its end all that was read has been judged. */
function endHold(receiver: Receiver): void {
  again = undefined;
  if (stopped || hold === null) return;
  const nowMs = clock();
  if (!hold.portion(nowMs, () => send(nowMs))) {
    again = setImmediate(endHold, receiver);
    return;
  }
  heldLost = hold.lost;
  hold = null;
  // What was judged just now did not arrive in this second.
  rateAtMs = nowMs;
  rateAccepted = shard?.counters.accepted ?? 0;
  for (const wish of wishes.splice(0)) obey(wish, receiver);
  horizonMs = receiver.horizonMs();
  judge();
  publish(clock(), receiver);
}

function tick(receiver: Receiver): void {
  // Taken before the marker is sent, so that it is never later than what the marker has behind it.
  const nowMs = clock();
  receiver.mark(nowMs);
  if (hold !== null) hold.turn(nowMs);
  else if (again === undefined) judge();
  publish(nowMs, receiver);
}

/** Everything up to the horizon has been read: judge at once, not a tick later. */
function onMarker(receiver: Receiver): void {
  if (hold !== null) return;
  const movedMs = receiver.horizonMs() - horizonMs;
  if (!(movedMs > 0)) return;
  horizonMs = receiver.horizonMs();
  if (again === undefined) judge();
}

function onDatagram(bytes: Uint8Array, source: string): void {
  const nowMs = clock();
  if (hold !== null || shard === null) {
    hold?.receive(bytes, source, nowMs);
    return;
  }
  shard.receive(bytes, source, nowMs);
  if (shard.isFull || (shard.hasNews && nowMs - sentAtMs >= setup.tickMs)) send(nowMs);
}

function onFault(error: Error): void {
  post({ mark: MARK, type: 'fault', message: `shard ${setup.shard} stopped listening: ${error.message}` });
}

let timer: NodeJS.Timeout | undefined;

async function stop(receiver: Receiver): Promise<void> {
  stopped = true;
  clearInterval(timer);
  clearImmediate(again);
  await receiver.close();
  const nowMs = clock();
  send(nowMs);
  publish(nowMs, receiver);
  main.close();
}

function obey(wish: ToShard, receiver: Receiver): void {
  if (wish.type === 'stop') void stop(receiver);
  else if (wish.type === 'restore') {
    if (hold === null || shard !== null) throw new Error('a shard is restored once, and only when it holds');
    shard = openShard(wish.columns, wish.capacity);
    hold.restore(shard, wish.hosts);
    endHold(receiver);
  } else if (hold !== null || shard === null) wishes.push(wish);
  else if (wish.type === 'remove') shard.remove(wish.row, clock());
  else {
    const nowMs = clock();
    if (shard.isFull) send(nowMs);
    shard.expect(wish.host, nowMs);
    if (nowMs - sentAtMs >= setup.tickMs) send(nowMs);
  }
}

function run(receiver: Receiver): void {
  hold?.listening(clock());
  timer = setInterval(tick, setup.tickMs, receiver);
  main.on('message', (message: unknown) => {
    if (isMarked<ToShard>(message) && !stopped) obey(message, receiver);
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
