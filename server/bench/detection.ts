/**
 * How long after its deadline a dead host is called down, while a fleet of 10,000 to a million beats every 5 s (up to
 * 200,000 heartbeats/s): a thousand hosts stop at random instants, each watched by one of the three detectors. Beside
 * it a sweep every second over the same deadlines. Real server, real datagrams. About six minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { About, Health, HostDetector, HostPage } from '#lib/protocol/api.ts';
import type { HostId } from '#lib/protocol/host.ts';
import { Prng } from '../agent/prng.ts';
import { BenchServer } from './bench-server.ts';
import { SweepTimer } from './detection-sweep.ts';
import { downVerdicts, type Lateness, latenessOf } from './down-verdicts.ts';
import { FleetViewer } from './fleet-viewer.ts';
import { SimulatedFleet } from './simulated-fleet.ts';
import { type Machine, machine, median } from './statistics.ts';

type DetectorKind = HostDetector['kind'];

export type DetectionPlan = {
  readonly sizes: readonly number[];
  /** The same at every size: what grows is the load, not the timeout. */
  readonly intervalS: number;
  /** So many instants, drawn from `spreadS` seconds after the fleet's first `fromS`; at each, so many hosts stop. */
  readonly instants: number;
  readonly hostsAnInstant: number;
  /** Long enough for everybody to be up and for `adaptive` to have learnt something. */
  readonly fromS: number;
  readonly spreadS: number;
};

const PLAN: DetectionPlan = {
  sizes: [10_000, 100_000, 1_000_000],
  intervalS: 5,
  instants: 100,
  hostsAnInstant: 10,
  fromS: 45,
  spreadS: 25,
};

const SEED = 1;
/** A fleet of a million hashes its names first, for some seconds. */
const START_MS = 15_000;
/** Beyond the last death and the longest timeout. */
const DOWN_WITHIN_MS = 60_000;
/** For a verdict that nobody should have given. */
const AFTER_MS = 3_000;
const PAGE = 500;

/** About a third of a simulated fleet each; who is in none has the default, `fixed`. */
const WATCHED: ReadonlyMap<string, DetectorKind> = new Map([
  ['worker', 'loss-window'],
  ['queue', 'loss-window'],
  ['cache', 'adaptive'],
  ['db', 'adaptive'],
]);
const SETTINGS: Readonly<Record<string, string>> = {
  'loss-window': 'loss-window received=3 of=7',
  adaptive: 'adaptive',
};
const POLICIES = [...WATCHED].map(([role, kind]) => `role=${role} ${SETTINGS[kind]}`).join('; ');
export const DETECTORS: readonly DetectorKind[] = ['fixed', 'loss-window', 'adaptive'];

export type DetectionFigure = {
  readonly hosts: number;
  readonly detector: DetectorKind;
  /** Of the dead, those that were its. */
  readonly found: number;
  /** Median of their timeouts. */
  readonly timeoutMs: number;
  readonly latenessMs: Lateness;
  /** What a sweep every second would have had on the same deadlines. */
  readonly sweepMs: Lateness;
};

export type DetectionRun = {
  readonly hosts: number;
  readonly heartbeatsPerSecond: number;
  readonly died: number;
  readonly found: number;
  /** Called down although they lived. */
  readonly falseDowns: number;
  readonly drops: number;
  /**
   * So long the server was not given the processor or could not listen. It moves deadlines by that and an interval, so
   * that nobody dies of it; the lateness of a run that has any contains it.
   */
  readonly blindMs: number;
  /** What the fleet says of what it sent. */
  readonly fleet: string;
};

export type DetectionResult = {
  readonly machine: Machine;
  readonly plan: DetectionPlan;
  readonly ingest: Pick<Health['ingest'], 'receiver' | 'shards'>;
  readonly figures: readonly DetectionFigure[];
  readonly runs: readonly DetectionRun[];
};

/** `--kill` at random instants, the same in every run. */
function deaths({ instants, hostsAnInstant, fromS, spreadS }: DetectionPlan): string[] {
  const prng = new Prng(SEED);
  return Array.from({ length: instants }, () => {
    const atMs = Math.round(1_000 * (fromS + spreadS * prng.next()));
    return ['--kill', `${hostsAnInstant}@${atMs}ms`];
  }).flat();
}

type Watched = { readonly detector: DetectorKind; readonly timeoutMs: number };

/** Of every host that is down: nothing has come from it since, so its timeout still is what it was. */
async function watchedOf(server: BenchServer): Promise<Map<HostId, Watched>> {
  const watched = new Map<HostId, Watched>();
  let cursor: string | null = null;
  do {
    const query: string = `/api/hosts?state=down&limit=${PAGE}${cursor === null ? '' : `&cursor=${cursor}`}`;
    const { answer } = await server.ask<HostPage>(query);
    for (const { id, labels, timeoutMs } of answer.hosts) {
      watched.set(id, { detector: WATCHED.get(labels.role ?? '') ?? 'fixed', timeoutMs });
    }
    cursor = answer.nextCursor;
  } while (cursor !== null);
  return watched;
}

type Measured = {
  readonly figures: readonly DetectionFigure[];
  readonly run: DetectionRun;
  readonly ingest: DetectionResult['ingest'];
};

async function measure(hosts: number, plan: DetectionPlan): Promise<Measured> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pulsewatch-detection-'));
  const server = await BenchServer.start(dataDir, '--policies', POLICIES);
  const sweep = new SweepTimer();
  let fleet: SimulatedFleet | null = null;
  let viewer: FleetViewer | null = null;
  try {
    const { heartbeat } = (await server.ask<About>('/api/about')).answer;
    fleet = new SimulatedFleet(heartbeat.port, hosts, plan.intervalS, ...deaths(plan));
    viewer = new FleetViewer(server.origin);
    // All of them, before the first dies.
    await viewer.until(({ up }) => up === hosts, START_MS + plan.fromS * 1_000);
    const beganMs = performance.now();
    const before = await server.health();
    const fromMs = performance.timeOrigin + beganMs;
    const died = plan.instants * plan.hostsAnInstant;
    // Nothing is asked of the server meanwhile but what the view is pushed.
    const withinMs = START_MS + (plan.fromS + plan.spreadS) * 1_000 + DOWN_WITHIN_MS;
    await viewer.until(({ down }) => down >= died, withinMs);
    await pause(AFTER_MS);
    const after = await server.health();
    const seconds = (performance.now() - beganMs) / 1_000;
    const watched = await watchedOf(server);
    const timeoutMsOf = (id: HostId): number => watched.get(id)?.timeoutMs ?? Number.NaN;
    // Who came up again is no longer in the list of those that are down: it was alive.
    const verdicts = (await downVerdicts(server, fromMs, timeoutMsOf)).filter(({ hostId }) =>
      watched.has(hostId),
    );
    await fleet.end();
    const figures = DETECTORS.map((detector): DetectionFigure => {
      const own = verdicts.filter(({ hostId }) => watched.get(hostId)!.detector === detector);
      return {
        hosts,
        detector,
        found: own.length,
        timeoutMs: median(own.map(({ hostId }) => timeoutMsOf(hostId))),
        latenessMs: latenessOf(own.map(({ lateMs }) => lateMs)),
        sweepMs: latenessOf(own.map(({ deadlineAtMs }) => sweep.lateMs(deadlineAtMs))),
      };
    });
    const run: DetectionRun = {
      hosts,
      heartbeatsPerSecond: (after.ingest.accepted - before.ingest.accepted) / seconds,
      died,
      found: verdicts.length,
      falseDowns: after.transitions.down - before.transitions.down - died,
      drops: after.ingest.kernelDrops - before.ingest.kernelDrops,
      blindMs: after.ingest.blindMs - before.ingest.blindMs,
      fleet: fleet.said.findLast((line) => line.includes(' heartbeats due = ')) ?? '',
    };
    return { figures, run, ingest: { receiver: after.ingest.receiver, shards: after.ingest.shards } };
  } finally {
    sweep.end();
    viewer?.end();
    await fleet?.end();
    await server.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Runs it all, one size after the other; `say` takes lines of progress. Rejects when a process fails. */
export async function benchDetection(
  say: (line: string) => void,
  plan: DetectionPlan = PLAN,
): Promise<DetectionResult> {
  const done: Measured[] = [];
  for (const hosts of plan.sizes) {
    const measured = await measure(hosts, plan);
    done.push(measured);
    say(
      `${hosts.toLocaleString('en-US')} hosts: ${measured.run.found} of ${measured.run.died} dead ones found`,
    );
  }
  return {
    machine: machine(),
    plan,
    ingest: done[0]!.ingest,
    figures: done.flatMap(({ figures }) => figures),
    runs: done.map(({ run }) => run),
  };
}
