/**
 * What a heartbeat costs and how many can be taken: our engine on recvmmsg beside a recvmmsg loop that discards (the
 * limit) and a bare node:dgram counter, over loopback, with a million hosts. Paced rates first, then ramps to the
 * highest rate without loss. About five minutes.
 */
import { BENCH_HOSTS, type ReceiverKind, type SendShape } from './ingest-messages.ts';
import { type Highest, ramp } from './ingest-ramp.ts';
import { type IngestRun, IngestRuns } from './ingest-run.ts';
import { type Machine, machine, median } from './statistics.ts';

const KINDS: readonly ReceiverKind[] = ['engine', 'discard', 'bare'];
const PACED: readonly { readonly shape: SendShape; readonly perSecond: number }[] = [
  { shape: 'direct', perSecond: 50_000 },
  { shape: 'direct', perSecond: 100_000 },
  { shape: 'direct', perSecond: 200_000 },
  { shape: 'segment', perSecond: 500_000 },
  { shape: 'segment', perSecond: 1_000_000 },
  { shape: 'bundle', perSecond: 1_000_000 },
];
export const ROUNDS = 3;
const RUN_MS = 2_000;
const WARM_UP_PER_SECOND = 250_000;
const WARM_UP_MS = 2_000;

/** Where each ramp begins, beats a second: well below what each can take. */
const RAMPS: readonly {
  readonly shape: SendShape;
  readonly from: Readonly<Partial<Record<ReceiverKind, number>>>;
}[] = [
  { shape: 'direct', from: { engine: 200_000, discard: 200_000, bare: 80_000 } },
  { shape: 'segment', from: { engine: 500_000, discard: 500_000, bare: 80_000 } },
  { shape: 'bundle', from: { engine: 1_500_000, discard: 1_500_000 } },
];

type Figures = Pick<IngestRun, 'sentPerSecond' | 'lossShare' | 'cpuUsPerBeat'>;

export type IngestRate = {
  readonly shape: SendShape;
  readonly wantedPerSecond: number;
  /** Medians over the rounds. */
  readonly of: Readonly<Record<ReceiverKind, Figures>>;
  /** Medians of the rounds' own ratios of CPU a beat. */
  readonly cpuToDiscard: number;
  readonly cpuToBare: number;
};

export type IngestResult = {
  readonly machine: Machine;
  readonly hosts: number;
  readonly receiveBufferBytes: Readonly<Record<ReceiverKind, number>>;
  readonly rates: readonly IngestRate[];
  readonly highest: readonly Highest[];
  readonly rejected: number;
  readonly runs: readonly IngestRun[];
};

function summarise(runs: readonly IngestRun[], shape: SendShape, wantedPerSecond: number): IngestRate {
  const of = (kind: ReceiverKind): IngestRun[] =>
    runs.filter(
      (run) => run.receiver === kind && run.shape === shape && run.wantedPerSecond === wantedPerSecond,
    );
  const medians = (kind: ReceiverKind): Figures => ({
    sentPerSecond: median(of(kind).map((run) => run.sentPerSecond)),
    lossShare: median(of(kind).map((run) => run.lossShare)),
    cpuUsPerBeat: median(of(kind).map((run) => run.cpuUsPerBeat)),
  });
  const ratioTo = (kind: ReceiverKind): number => {
    const others = of(kind);
    return median(of('engine').map((run, i) => run.cpuUsPerBeat / others[i]!.cpuUsPerBeat));
  };
  return {
    shape,
    wantedPerSecond,
    of: { engine: medians('engine'), discard: medians('discard'), bare: medians('bare') },
    cpuToDiscard: ratioTo('discard'),
    cpuToBare: ratioTo('bare'),
  };
}

async function pacedRates(runs: IngestRuns, say: (line: string) => void): Promise<IngestRate[]> {
  const done: IngestRun[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { shape, perSecond } of PACED) {
      // Whoever comes later finds a warmer machine: take turns.
      const order = KINDS.map((_, i) => KINDS[(i + round) % KINDS.length]!);
      for (const kind of order) done.push(await runs.run(kind, shape, perSecond, RUN_MS));
      say(`round ${round + 1} of ${ROUNDS}: ${shape}, ${perSecond.toLocaleString('en-US')} beats/s done`);
    }
  }
  return PACED.map(({ shape, perSecond }) => summarise(done, shape, perSecond));
}

/** Runs it all; `say` takes lines of progress. Rejects when a process fails. */
export async function benchIngest(say: (line: string) => void): Promise<IngestResult> {
  const runs = new IngestRuns();
  try {
    const buffers: Partial<Record<ReceiverKind, number>> = {};
    // Every host is registered, and all are compiled, before anything is measured.
    for (const kind of KINDS) {
      buffers[kind] = (await runs.reading(kind)).receiveBufferBytes;
      for (let sent = 0; sent < BENCH_HOSTS; ) {
        sent += (await runs.run(kind, 'direct', WARM_UP_PER_SECOND, WARM_UP_MS)).sent;
      }
    }
    const warmUps = runs.all.length;
    const rates = await pacedRates(runs, say);
    const highest: Highest[] = [];
    for (const { shape, from } of RAMPS) highest.push(...(await ramp(runs, shape, from, say)));
    return {
      machine: machine(),
      hosts: BENCH_HOSTS,
      receiveBufferBytes: buffers as Record<ReceiverKind, number>,
      rates,
      highest,
      rejected: runs.all.slice(warmUps).reduce((sum, run) => sum + run.rejected, 0),
      runs: runs.all,
    };
  } finally {
    runs.end();
  }
}
