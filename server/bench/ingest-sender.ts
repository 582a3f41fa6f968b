/**
 * The sending process of the ingest benchmark: beats of so many distinct hosts in turn, at an exact and even pace, as
 * datagrams, as UDP_SEGMENT messages or as a relay's bundles; signed ones are made before the pace begins. Stands on
 * the simulated fleet; Linux.
 */
import { FleetHosts } from '../agent/fleet-hosts.ts';
import { FleetKeys } from '../agent/fleet-keys.ts';
import { FleetLateness } from '../agent/fleet-lateness.ts';
import { type LoadPlan, planLoad } from '../agent/fleet-load.ts';
import { FleetMessages, messageSizes } from '../agent/fleet-messages.ts';
import { FleetPace } from '../agent/fleet-pace.ts';
import { SendmmsgCarrier } from '../agent/fleet-sendmmsg.ts';
import { sleep } from '../agent/fleet-sleep.ts';
import { answerQuestions } from './bench-child.ts';
import {
  BENCH_HOSTS,
  BENCH_INTERVAL_MS,
  BENCH_KEY,
  BENCH_PREFIX,
  isSendQuestion,
  type SendAnswer,
  type SendQuestion,
  type SendShape,
} from './ingest-messages.ts';
import { SignedAhead } from './ingest-signed-ahead.ts';

/** Past the end, for what was due shortly before it. */
const LAST_MS = 20;

/** How many hosts take turns: the first argument, else as many as the benchmark has. */
const HOSTS = Number(process.argv[2] ?? BENCH_HOSTS);
const options = {
  hosts: HOSTS,
  intervalMs: BENCH_INTERVAL_MS,
  prefix: BENCH_PREFIX,
  racks: 1,
  seed: 1,
  flapping: 0,
};
const hosts = new FleetHosts(options);
const startEpochMs = Date.now();
const messages = new FleetMessages(hosts, options, startEpochMs, null);
const keys = new FleetKeys({ keyId: BENCH_KEY.id, master: BENCH_KEY.master }, HOSTS);
const ahead = new SignedAhead(hosts, new FleetMessages(hosts, options, startEpochMs, keys));

const planOf = (shape: SendShape, perSecond: number, signed: boolean): LoadPlan =>
  planLoad(
    { perSecond, relay: shape === 'bundle', segment: shape === 'segment' ? 'on' : 'off' },
    messageSizes(options, signed),
    null,
  );

function fail(what: string): never {
  throw new Error(`the sender: ${what}`);
}

/** One a shape, plain and signed: its memory is for ever. */
const carriers = new Map<string, SendmmsgCarrier>();
function carrierOf(shape: SendShape, signed: boolean): SendmmsgCarrier {
  const name = `${shape} ${signed}`;
  const made = carriers.get(name);
  if (made !== undefined) return made;
  const carrier = new SendmmsgCarrier({ shape: planOf(shape, 1, signed).shape, sockets: 1, say: fail });
  carriers.set(name, carrier);
  return carrier;
}

/** Whose turn it is: the hosts go round and round through all runs, seq going up. */
let place = 0;

async function send(question: SendQuestion): Promise<SendAnswer> {
  const { port, perSecond, forMs, shape = 'direct', signed = false } = question;
  const carrier = carrierOf(shape, signed);
  const { batch, counts } = carrier;
  const before = { ...counts };
  const { bucketMs } = planOf(shape, perSecond, signed);
  const sockets = await carrier.open('127.0.0.1', port, fail);
  const lateness = new FleetLateness();
  const pace = new FleetPace(perSecond / 1_000, 0);
  const total = pace.countBefore(forMs);
  const dueMs = (i: number): number => pace.dueMs(i);
  if (signed) ahead.sign(total, place, dueMs);
  const beganCpu = process.cpuUsage();
  const beganMs = performance.now();
  const elapsedMs = (): number => performance.now() - beganMs;
  // What cannot be reached is not made up for afterwards: the answer says how many left.
  for (let nowMs = 0; pace.next < total && nowMs < forMs + LAST_MS; nowMs = elapsedMs()) {
    const first = pace.next;
    const turns = Math.min(pace.due(nowMs), total - first, batch.maxBeats);
    if (signed) {
      ahead.fill(batch, first, turns, dueMs);
      place = (place + turns) % HOSTS;
    } else {
      for (let i = 0; i < turns; i++) {
        const atMs = pace.dueMs(first + i);
        hosts.seqs[place]!++;
        messages.beat(place, batch, batch.takeBeat(atMs), Math.floor(nowMs), nowMs - atMs);
        place = place + 1 === HOSTS ? 0 : place + 1;
      }
    }
    if (turns > 0) {
      const { firstDueMs, lastDueMs } = batch;
      sockets.send(0);
      batch.clear();
      pace.done(turns);
      lateness.add(elapsedMs() - firstDueMs, elapsedMs() - lastDueMs, turns);
    }
    await sleep(Math.max(nowMs + bucketMs, pace.nextDueMs) - elapsedMs());
  }
  const tookMs = elapsedMs();
  const { user, system } = process.cpuUsage(beganCpu);
  sockets.close();
  return {
    sent: counts.sent - before.sent,
    datagrams: counts.datagrams - before.datagrams,
    refused: counts.refused - before.refused,
    tookMs,
    lateMs: { p50: lateness.quantileMs(0.5), p99: lateness.quantileMs(0.99), max: lateness.maxMs },
    cpuUs: user + system,
  };
}

answerQuestions(isSendQuestion, send);
