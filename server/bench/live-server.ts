/**
 * One serving process of the live benchmarks: ours, or the control. Stages changes as the pipeline does, answers
 * with their instants, its CPU and its memory. Started with `--expose-gc`, its kind and the clock's origin.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { HostState } from '../../lib/protocol/host.ts';
import { clockFrom } from '../clock.ts';
import { newEpoch } from '../live/epoch.ts';
import { LiveLog } from '../live/live-log.ts';
import { Publisher } from '../live/publisher.ts';
import { answerQuestions } from './bench-child.ts';
import { startBare } from './live-bare.ts';
import {
  isServerQuestion,
  LIVE_HOSTS,
  type Load,
  type LoadAnswer,
  type ServerKind,
  type ServerReading,
} from './live-messages.ts';
import { startOurs, TICK_MS } from './live-ours.ts';

/** Prime to the number of hosts, so that every host has its turn; not 1, so that diffs have real gaps. */
const STRIDE = 11;

const clock = clockFrom({ epochMinusMonotonicMs: Number(process.argv[3]) });
const log = new LiveLog({
  epoch: newEpoch(),
  capacity: LIVE_HOSTS + LIVE_HOSTS / 4 + 64,
  rates: () => ({ heartbeatsPerSecond: LIVE_HOSTS, blind: false }),
});
for (let i = 0; i < LIVE_HOSTS; i++) log.stageState(log.allotSlot(clock())!, HostState.up);
log.publish(clock());
new Publisher({ log, clock, tickMs: TICK_MS });

let host = 0;
let ticks: [number, [number, number][]][] = [];
let staged: [number, number][] = [];
log.subscribe(() => {
  ticks.push([log.seq, staged]);
  staged = [];
});

function change(count: number): void {
  const atMs = clock();
  staged.push([atMs, count]);
  for (let i = 0; i < count; i++) {
    host = (host + STRIDE) % LIVE_HOSTS;
    log.stageState(host, log.stateAt(host) === HostState.up ? HostState.down : HostState.up, atMs);
  }
}

async function load({ changes, everyMs, atRandom, forMs, settleMs }: Load): Promise<LoadAnswer> {
  ticks = [];
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  for (let dueMs = beganMs; dueMs < beganMs + forMs; dueMs += everyMs) {
    // Always a turn of its own, as a batch from a shard has.
    const atMs = atRandom ? dueMs + Math.random() * everyMs : dueMs;
    await pause(Math.max(0, atMs - performance.now()));
    change(changes);
  }
  await pause(Math.max(0, beganMs + forMs - performance.now()));
  const tookMs = performance.now() - beganMs;
  await pause(settleMs);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ticks, cpuUs: user + system, tookMs, digest: log.digest() };
}

function openSockets(): number {
  let sockets = 0;
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')) sockets++;
    } catch {
      // The directory itself, closed by now.
    }
  }
  return sockets;
}

const server = await (process.argv[2] === ('ours' satisfies ServerKind)
  ? startOurs(log, clock)
  : startBare(log, clock));

async function reading(): Promise<ServerReading> {
  // Twice: what a first one lets go of may hold something else.
  globalThis.gc?.();
  await pause(50);
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    port: server.port,
    rssBytes: rss,
    heapBytes: heapUsed + external,
    viewers: server.viewers,
    openSockets: openSockets(),
  };
}

answerQuestions(isServerQuestion, (question) => (question.ask === 'load' ? load(question) : reading()));
