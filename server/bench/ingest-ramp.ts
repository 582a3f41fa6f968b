/**
 * The highest rate without loss, found by a ramp: each step a fixed factor faster, the receivers in turns at each
 * step, until one has lost something twice running at the same step or the sender cannot go faster.
 */
import type { ReceiverKind, SendShape } from './ingest-messages.ts';
import type { IngestRun, IngestRuns } from './ingest-run.ts';

const STEP_MS = 1_500;
const FACTOR = 1.12;
/** A sender that reaches less than this of what was asked has reached its own limit. */
const KEPT_PACE = 0.97;
const TRIES = 2;

export type Highest = {
  readonly receiver: ReceiverKind;
  readonly shape: SendShape;
  /** Highest rate really sent of which nothing was lost or refused, beats a second; 0: there was none. */
  readonly perSecond: number;
  readonly cpuUsPerBeat: number;
  /** What ended the ramp: the receiver lost something, or the sender was at its own limit. */
  readonly endedBy: 'loss' | 'sender';
};

const isClean = (run: IngestRun): boolean => run.lossShare === 0 && run.rejected === 0;
const keptPace = (run: IngestRun): boolean => run.sentPerSecond >= KEPT_PACE * run.wantedPerSecond;

/** One ramp for each receiver, from its own first rate on. */
export async function ramp(
  runs: IngestRuns,
  shape: SendShape,
  firstPerSecond: Readonly<Partial<Record<ReceiverKind, number>>>,
  say: (line: string) => void,
): Promise<Highest[]> {
  const climbing = new Map(Object.entries(firstPerSecond) as [ReceiverKind, number][]);
  const best = new Map<ReceiverKind, IngestRun>();
  const highest: Highest[] = [];
  while (climbing.size > 0) {
    for (const [receiver, wanted] of [...climbing]) {
      const run = await cleanRun(runs, receiver, shape, wanted);
      if (isClean(run) && run.sentPerSecond > (best.get(receiver)?.sentPerSecond ?? 0))
        best.set(receiver, run);
      if (isClean(run) && keptPace(run)) {
        climbing.set(receiver, wanted * FACTOR);
        continue;
      }
      climbing.delete(receiver);
      const top = best.get(receiver);
      highest.push({
        receiver,
        shape,
        perSecond: top?.sentPerSecond ?? 0,
        cpuUsPerBeat: top?.cpuUsPerBeat ?? Number.NaN,
        endedBy: isClean(run) ? 'sender' : 'loss',
      });
      say(
        `${shape}: ${receiver} ended at ${Math.round(run.wantedPerSecond).toLocaleString('en-US')} beats/s`,
      );
    }
  }
  return highest;
}

/** The step's run; a second one when the first lost something. */
async function cleanRun(
  runs: IngestRuns,
  receiver: ReceiverKind,
  shape: SendShape,
  wanted: number,
): Promise<IngestRun> {
  let run = await runs.run(receiver, shape, wanted, STEP_MS);
  for (let tries = 1; tries < TRIES && !isClean(run); tries++) {
    run = await runs.run(receiver, shape, wanted, STEP_MS);
  }
  return run;
}
