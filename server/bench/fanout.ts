/**
 * Many viewers at once: 2,000 over Socket.IO and over SSE, each beside a bare broadcast of the same bytes; 5,000 that
 * wait in long polls; viewers that never read. Servers and viewers are processes of their own. About 3 minutes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { LIVE_HOSTS, type Load, type ViewerKind } from './live-messages.ts';
import { changesIn, LiveProcesses, type LiveRun, memoryPerViewer, type ViewerMemory } from './live-run.ts';
import { type Machine, machine, median } from './statistics.ts';

const VIEWERS = 2_000;
const APPLYING = 1;
const ROUNDS = 5;
const LOAD: Load = { changes: 1_000, everyMs: 100, forMs: 4_000, settleMs: 500 };
const WARM_UP: Load = { ...LOAD, forMs: 2_000 };
/** Before memory is looked at: what a first viewer brings into memory for all. */
const FIRST_VIEWERS = 100;
const SETTLE_MS = 1_000;

const WAITERS = 5_000;
const GONE_WITHIN_MS = 5_000;

const UNREADING = { socketio: 200, sse: 50 } as const;
/** All hosts at once: what would pile up is large. */
const UNREADING_LOAD: Load = { changes: LIVE_HOSTS, everyMs: 100, forMs: 1_000, settleMs: 0 };
const UNREADING_SECONDS = 35;

export type FanoutSide = {
  readonly runs: readonly LiveRun[];
  readonly memory: ViewerMemory;
  /** After the runs. */
  readonly memoryAfter: ViewerMemory;
};
export type FanoutPart = {
  readonly ours: FanoutSide;
  readonly bare: FanoutSide;
  /** Share of a core for the log alone, without a viewer; it is in both sides' figures. */
  readonly logCpuShare: number;
  /** Median of the rounds' own ratios, ours to bare, of CPU an update: merged updates would flatter a share. */
  readonly cpuRatio: number;
};
export type WaitersResult = {
  readonly viewers: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly goneAfterMs: number;
  /** More than before the first came. */
  readonly socketsLeft: number;
};
export type UnreadingResult = {
  readonly viewers: number;
  /** MiB above the beginning, with the viewers there, a second each. */
  readonly rssMiB: readonly number[];
  /** After how many seconds nobody was left; null: somebody was. */
  readonly closedAfterS: number | null;
  /** What was due to all of them until then. */
  readonly dueMiB: number;
};

export type FanoutResult = {
  readonly machine: Machine;
  readonly socketio: FanoutPart;
  readonly sse: FanoutPart;
  readonly waiters: WaitersResult;
  readonly unreading: { readonly socketio: UnreadingResult; readonly sse: UnreadingResult };
};

type Say = (line: string) => void;
type Side = {
  readonly processes: LiveProcesses;
  readonly memory: ViewerMemory;
  readonly empty: Awaited<ReturnType<LiveProcesses['reading']>>;
};

/** A server with all its viewers. */
async function prepare(processes: LiveProcesses, kind: ViewerKind): Promise<Side> {
  await processes.open(kind, FIRST_VIEWERS, APPLYING);
  await processes.run(WARM_UP);
  await processes.close();
  await processes.untilNoViewer(GONE_WITHIN_MS);
  const empty = await processes.reading();
  await processes.open(kind, VIEWERS, APPLYING);
  await pause(SETTLE_MS);
  const memory = memoryPerViewer(empty, await processes.reading(), VIEWERS);
  await processes.run(WARM_UP);
  return { processes, memory, empty };
}

async function benchPart(kind: 'socketio' | 'sse', say: Say): Promise<FanoutPart> {
  const all = { ours: new LiveProcesses('ours'), bare: new LiveProcesses('bare') };
  try {
    await all.bare.load(WARM_UP);
    const { cpuUs, tookMs } = await all.bare.load(WARM_UP);
    const sides = {
      ours: await prepare(all.ours, kind),
      bare: await prepare(all.bare, kind === 'socketio' ? 'bare-ws' : 'bare-sse'),
    };
    say(`${kind}: ${VIEWERS} viewers on each server`);
    const runs = { ours: [] as LiveRun[], bare: [] as LiveRun[] };
    for (let round = 1; round <= ROUNDS; round++) {
      // Whoever is second finds a warmer machine: take turns.
      const order = round % 2 === 1 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
      for (const side of order) runs[side].push(await all[side].run(LOAD));
      say(`${kind}: round ${round} of ${ROUNDS} done`);
    }
    const sideOf = async (side: 'ours' | 'bare'): Promise<FanoutSide> => ({
      runs: runs[side],
      memory: sides[side].memory,
      memoryAfter: memoryPerViewer(sides[side].empty, await all[side].reading(), VIEWERS),
    });
    return {
      ours: await sideOf('ours'),
      bare: await sideOf('bare'),
      logCpuShare: cpuUs / 1_000 / tookMs,
      cpuRatio: median(runs.ours.map((run, i) => run.cpuUsPerUpdate / runs.bare[i]!.cpuUsPerUpdate)),
    };
  } finally {
    all.ours.end();
    all.bare.end();
  }
}

async function benchWaiters(say: Say): Promise<WaitersResult> {
  const processes = new LiveProcesses('ours');
  try {
    await processes.open('long-polling', FIRST_VIEWERS, 0);
    await processes.close();
    await processes.untilNoViewer(GONE_WITHIN_MS);
    const empty = await processes.reading();
    await processes.open('long-polling', WAITERS, 0);
    await pause(SETTLE_MS);
    const full = await processes.reading();
    say(`long polling: ${full.viewers} wait`);
    await processes.close();
    const goneAfterMs = await processes.untilNoViewer(GONE_WITHIN_MS);
    const after = await processes.reading();
    return {
      viewers: full.viewers,
      rssMiB: (full.rssBytes - empty.rssBytes) / 2 ** 20,
      heapMiB: (full.heapBytes - empty.heapBytes) / 2 ** 20,
      goneAfterMs,
      socketsLeft: after.openSockets - empty.openSockets,
    };
  } finally {
    processes.end();
  }
}

async function benchUnreading(kind: 'socketio' | 'sse', say: Say): Promise<UnreadingResult> {
  const processes = new LiveProcesses('ours');
  const viewers = UNREADING[kind];
  try {
    await processes.open(kind, viewers, 0);
    await processes.load({ ...UNREADING_LOAD, forMs: 2_000, settleMs: 500 });
    await processes.stopReading();
    const before = await processes.reading();
    const rssMiB: number[] = [];
    let closedAfterS: number | null = null;
    let changes = 0;
    const beganMs = performance.now();
    const seconds = (): number => Math.round((performance.now() - beganMs) / 1_000);
    while (seconds() < UNREADING_SECONDS && closedAfterS === null) {
      const { ticks } = await processes.load(UNREADING_LOAD);
      changes += changesIn(ticks);
      const now = await processes.reading();
      rssMiB.push((now.rssBytes - before.rssBytes) / 2 ** 20);
      if (now.viewers === 0) closedAfterS = seconds();
    }
    say(`${kind}: ${viewers} viewers that never read: done`);
    // A slot's gap and its state: one byte each.
    return { viewers, rssMiB, closedAfterS, dueMiB: (2 * changes * viewers) / 2 ** 20 };
  } finally {
    processes.end();
  }
}

/** Runs it all; `say` takes lines of progress. Rejects when a process fails or a viewer is not served rightly. */
export async function benchFanout(say: Say): Promise<FanoutResult> {
  return {
    machine: machine(),
    socketio: await benchPart('socketio', say),
    sse: await benchPart('sse', say),
    waiters: await benchWaiters(say),
    unreading: { socketio: await benchUnreading('socketio', say), sse: await benchUnreading('sse', say) },
  };
}
