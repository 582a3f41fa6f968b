/**
 * What a heartbeat costs and how many can be taken: our engine on recvmmsg beside a recvmmsg loop that discards (the
 * limit) and a bare node:dgram counter, over loopback, with a million hosts. Then the same with signed beats, beside a
 * loop that verifies and does nothing else. Paced rates first, then ramps to the highest rate without loss. About seven
 * minutes.
 */
import {
  BENCH_HOSTS,
  type PlainReceiver,
  type ReceiverKind,
  type SendShape,
  type SignedReceiver,
} from './ingest-messages.ts';
import { type Highest, ramp } from './ingest-ramp.ts';
import { type IngestRun, IngestRuns } from './ingest-run.ts';
import { type Machine, machine, median } from './statistics.ts';

const PLAIN: readonly PlainReceiver[] = ['engine', 'discard', 'bare'];
const SIGNED: readonly SignedReceiver[] = ['signed', 'verify'];
type Paced = { readonly shape: SendShape; readonly perSecond: number };
const PACED: readonly Paced[] = [
  { shape: 'direct', perSecond: 50_000 },
  { shape: 'direct', perSecond: 100_000 },
  { shape: 'direct', perSecond: 200_000 },
  { shape: 'segment', perSecond: 500_000 },
  { shape: 'segment', perSecond: 1_000_000 },
  { shape: 'bundle', perSecond: 1_000_000 },
];
/** Signed and plain: below what one core can verify. */
const PACED_SIGNED: readonly Paced[] = [
  { shape: 'direct', perSecond: 200_000 },
  { shape: 'segment', perSecond: 200_000 },
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
  {
    shape: 'direct',
    from: { engine: 200_000, discard: 200_000, bare: 80_000, signed: 150_000, verify: 150_000 },
  },
  {
    shape: 'segment',
    from: {
      engine: 500_000,
      discard: 500_000,
      pieces: 500_000,
      bare: 80_000,
      signed: 180_000,
      verify: 220_000,
    },
  },
  { shape: 'bundle', from: { engine: 1_500_000, discard: 1_500_000 } },
];

type Figures = Pick<IngestRun, 'sentPerSecond' | 'lossShare' | 'cpuUsPerBeat'>;

export type IngestRate = {
  readonly shape: SendShape;
  readonly wantedPerSecond: number;
  /** Medians over the rounds. */
  readonly of: Readonly<Record<PlainReceiver, Figures>>;
  /** Medians of the rounds' own ratios of CPU a beat. */
  readonly cpuToDiscard: number;
  readonly cpuToBare: number;
};

export type SignedRate = {
  readonly shape: SendShape;
  readonly wantedPerSecond: number;
  /** `engine`: the same without tags, in the same rounds. */
  readonly of: Readonly<Record<SignedReceiver | 'engine', Figures>>;
  readonly cpuToPlain: number;
  readonly cpuToVerify: number;
};

export type IngestResult = {
  readonly machine: Machine;
  readonly hosts: number;
  readonly receiveBufferBytes: Readonly<Record<ReceiverKind, number>>;
  readonly rates: readonly IngestRate[];
  readonly signed: readonly SignedRate[];
  readonly highest: readonly Highest[];
  readonly rejected: number;
  readonly runs: readonly IngestRun[];
};

/** The runs of one paced rate: medians over the rounds, and medians of the rounds' own ratios. */
class Rounds {
  readonly #of: ReadonlyMap<ReceiverKind, readonly IngestRun[]>;

  constructor(runs: readonly IngestRun[], { shape, perSecond }: Paced) {
    const same = runs.filter((run) => run.shape === shape && run.wantedPerSecond === perSecond);
    this.#of = Map.groupBy(same, ({ receiver }) => receiver);
  }

  medians(kind: ReceiverKind): Figures {
    const own = this.#of.get(kind)!;
    return {
      sentPerSecond: median(own.map((run) => run.sentPerSecond)),
      lossShare: median(own.map((run) => run.lossShare)),
      cpuUsPerBeat: median(own.map((run) => run.cpuUsPerBeat)),
    };
  }

  cpuRatio(kind: ReceiverKind, to: ReceiverKind): number {
    const others = this.#of.get(to)!;
    return median(this.#of.get(kind)!.map((run, i) => run.cpuUsPerBeat / others[i]!.cpuUsPerBeat));
  }
}

function plainRate(runs: readonly IngestRun[], paced: Paced): IngestRate {
  const rounds = new Rounds(runs, paced);
  const [engine, discard, bare] = PLAIN.map((kind) => rounds.medians(kind));
  return {
    shape: paced.shape,
    wantedPerSecond: paced.perSecond,
    of: { engine: engine!, discard: discard!, bare: bare! },
    cpuToDiscard: rounds.cpuRatio('engine', 'discard'),
    cpuToBare: rounds.cpuRatio('engine', 'bare'),
  };
}

function signedRate(runs: readonly IngestRun[], paced: Paced): SignedRate {
  const rounds = new Rounds(runs, paced);
  return {
    shape: paced.shape,
    wantedPerSecond: paced.perSecond,
    of: {
      engine: rounds.medians('engine'),
      signed: rounds.medians('signed'),
      verify: rounds.medians('verify'),
    },
    cpuToPlain: rounds.cpuRatio('signed', 'engine'),
    cpuToVerify: rounds.cpuRatio('signed', 'verify'),
  };
}

/** Every rate by every receiver, in rounds. */
async function pacedRuns(
  runs: IngestRuns,
  rates: readonly Paced[],
  kinds: readonly ReceiverKind[],
  say: (line: string) => void,
): Promise<IngestRun[]> {
  const done: IngestRun[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { shape, perSecond } of rates) {
      // Whoever comes later finds a warmer machine: take turns.
      const order = kinds.map((_, i) => kinds[(i + round) % kinds.length]!);
      for (const kind of order) done.push(await runs.run(kind, shape, perSecond, RUN_MS));
      say(
        `round ${round + 1} of ${ROUNDS}: ${shape}, ${perSecond.toLocaleString('en-US')} beats/s by ${kinds.join(', ')} done`,
      );
    }
  }
  return done;
}

/** Runs it all; `say` takes lines of progress. Rejects when a process fails. */
export async function benchIngest(say: (line: string) => void): Promise<IngestResult> {
  const runs = new IngestRuns();
  try {
    const buffers: Partial<Record<ReceiverKind, number>> = {};
    // Every host is registered, and all are compiled, before anything is measured.
    for (const kind of [...PLAIN, 'pieces', ...SIGNED] as const) {
      buffers[kind] = (await runs.reading(kind)).receiveBufferBytes;
      for (let sent = 0; sent < BENCH_HOSTS; ) {
        sent += (await runs.run(kind, 'direct', WARM_UP_PER_SECOND, WARM_UP_MS)).sent;
      }
    }
    for (const kind of SIGNED) await runs.provePlainRefused(kind);
    const warmUps = runs.all.length;
    const plain = await pacedRuns(runs, PACED, PLAIN, say);
    const signed = await pacedRuns(runs, PACED_SIGNED, ['engine', ...SIGNED], say);
    const highest: Highest[] = [];
    for (const { shape, from } of RAMPS) highest.push(...(await ramp(runs, shape, from, say)));
    return {
      machine: machine(),
      hosts: BENCH_HOSTS,
      receiveBufferBytes: buffers as Record<ReceiverKind, number>,
      rates: PACED.map((paced) => plainRate(plain, paced)),
      signed: PACED_SIGNED.map((paced) => signedRate(signed, paced)),
      highest,
      rejected: runs.all.slice(warmUps).reduce((sum, run) => sum + run.rejected, 0),
      runs: runs.all,
    };
  } finally {
    runs.end();
  }
}
