/**
 * The highest rate without loss, found by a ramp: each step a fixed factor faster, the receivers in turns at each
 * step, until one has lost something, or fell behind, twice running at the same step or the sender cannot go faster.
 */
import type { ReceiverKind, SendShape } from './ingest-messages.ts';
import type { IngestRun, IngestRuns } from './ingest-run.ts';

const STEP_MS = 1_500;
const FACTOR = 1.12;
/** A sender that reaches less than this of what was asked has reached its own limit. */
const KEPT_PACE = 0.97;
/**
 * Of what was sent, so much may wait when the last beat left: a step is short, and a buffer that holds a second of it
 * would hide that the receiver does not keep up. A third of it is how old the counters may be.
 */
const BEHIND = 0.1;
const TRIES = 2;

export type Highest = {
  readonly receiver: ReceiverKind;
  readonly shape: SendShape;
  /** Highest rate really sent that was kept up with, nothing lost or refused, beats a second; 0: there was none. */
  readonly perSecond: number;
  readonly cpuUsPerBeat: number;
  /** What ended the ramp: the receiver lost something or fell behind, or the sender was at its own limit. */
  readonly endedBy: 'loss' | 'behind' | 'sender';
};

const isLossless = (run: IngestRun): boolean => run.lossShare === 0 && run.rejected === 0;
const isClean = (run: IngestRun): boolean => isLossless(run) && run.behindShare <= BEHIND;
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
        endedBy: isClean(run) ? 'sender' : isLossless(run) ? 'behind' : 'loss',
      });
      say(
        `${shape}: ${receiver} ended at ${Math.round(run.wantedPerSecond).toLocaleString('en-US')} beats/s`,
      );
    }
  }
  return highest;
}

/** The step's run; a second one when the first lost something or fell behind. */
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
