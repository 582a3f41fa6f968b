/**
 * What each transport costs and how late it is: 100 viewers of one kind at a time at 1, 10 and 100 changes a second,
 * every frame decoded and applied by the browser's own code, beside bare broadcasts of the same bytes. About 4 minutes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Load, ServerKind, ViewerKind } from './live-messages.ts';
import { LiveProcesses, type LiveRun, memoryPerViewer, type ViewerMemory } from './live-run.ts';
import { type Machine, machine } from './statistics.ts';

export const TRANSPORT_VIEWERS = 100;
const MEMORY_VIEWERS = 2_000;
const ROUNDS = 2;
/** A change at a time; long enough for a few at the lowest rate. */
const RATES = [
  { perSecond: 1, forMs: 5_000 },
  { perSecond: 10, forMs: 3_000 },
  { perSecond: 100, forMs: 3_000 },
] as const;
const WARM_UP: Load = { changes: 1, everyMs: 50, forMs: 1_000, settleMs: 300 };
const SETTLE_MS = 300;
/** Until the last of those that ask every two seconds has asked. */
const POLLING_SETTLE_MS = 2_300;
const GONE_WITHIN_MS = 5_000;
const MEMORY_SETTLE_MS = 500;

type Contestant = { readonly kind: ViewerKind; readonly server: ServerKind };
const CONTESTANTS: readonly Contestant[] = [
  { kind: 'socketio', server: 'ours' },
  { kind: 'bare-ws', server: 'bare' },
  { kind: 'sse', server: 'ours' },
  { kind: 'bare-sse', server: 'bare' },
  { kind: 'long-polling', server: 'ours' },
  { kind: 'polling', server: 'ours' },
];

export type TransportRate = {
  readonly kind: ViewerKind;
  readonly perSecond: number;
  readonly runs: readonly LiveRun[];
};
export type TransportsResult = {
  readonly machine: Machine;
  readonly rates: readonly TransportRate[];
  readonly memory: readonly (ViewerMemory & { readonly kind: ViewerKind })[];
};

function loadOf(kind: ViewerKind, { perSecond, forMs }: (typeof RATES)[number]): Load {
  const settleMs = kind === 'polling' ? POLLING_SETTLE_MS : SETTLE_MS;
  return { changes: 1, everyMs: 1_000 / perSecond, atRandom: true, forMs, settleMs };
}

/** All rates for one kind of viewer, in a process of its own for the server and one for the viewers. */
async function measure({ kind, server }: Contestant): Promise<Map<number, LiveRun>> {
  const processes = new LiveProcesses(server);
  try {
    await processes.open(kind, TRANSPORT_VIEWERS, TRANSPORT_VIEWERS);
    const settleMs = kind === 'polling' ? POLLING_SETTLE_MS : SETTLE_MS;
    await processes.run({ ...WARM_UP, settleMs });
    const runs = new Map<number, LiveRun>();
    for (const rate of RATES) runs.set(rate.perSecond, await processes.run(loadOf(kind, rate)));
    return runs;
  } finally {
    processes.end();
  }
}

async function memoryOf({ kind, server }: Contestant): Promise<ViewerMemory & { readonly kind: ViewerKind }> {
  const processes = new LiveProcesses(server);
  try {
    await processes.open(kind, TRANSPORT_VIEWERS, 0);
    await processes.close();
    await processes.untilNoViewer(GONE_WITHIN_MS);
    const before = await processes.reading();
    await processes.open(kind, MEMORY_VIEWERS, 0);
    await pause(MEMORY_SETTLE_MS);
    return { kind, ...memoryPerViewer(before, await processes.reading(), MEMORY_VIEWERS) };
  } finally {
    processes.end();
  }
}

/** Runs it all; `say` takes lines of progress. Rejects when a process fails or a viewer is not served rightly. */
export async function benchTransports(say: (line: string) => void): Promise<TransportsResult> {
  const all: { kind: ViewerKind; perSecond: number; run: LiveRun }[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    // Whoever comes late finds a warmer machine: take turns.
    for (const contestant of round % 2 === 1 ? CONTESTANTS : CONTESTANTS.toReversed()) {
      for (const [perSecond, run] of await measure(contestant)) {
        all.push({ kind: contestant.kind, perSecond, run });
      }
      say(`round ${round} of ${ROUNDS}: ${contestant.kind} done`);
    }
  }
  const memory = [];
  for (const contestant of CONTESTANTS) memory.push(await memoryOf(contestant));
  say('memory done');
  const rates = CONTESTANTS.flatMap(({ kind }) =>
    RATES.map(({ perSecond }) => ({
      kind,
      perSecond,
      runs: all.filter((each) => each.kind === kind && each.perSecond === perSecond).map(({ run }) => run),
    })),
  );
  return { machine: machine(), rates, memory };
}
