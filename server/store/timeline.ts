/**
 * A host's past as a bar: folds its events, newest first, into ms of each state for equal stretches of time.
 * Pure. Cost: O(events + runs + buckets).
 */
import type { TimelineBucket } from '#lib/protocol/api.ts';
import type { HostEventKind } from '#lib/protocol/host.ts';
import type { TimelineQuery, TimelineResult } from './store.ts';

/** A span in which a server was watching. */
export type Run = { readonly startedAtMs: number; readonly aliveAtMs: number };

/** What a timeline has to know of an event. `named`: registered by an operator's word. */
export type TimelineEvent = { readonly at: number; readonly kind: HostEventKind; readonly named: boolean };

type Known = 'up' | 'down' | 'left' | 'unknown';

const COLUMN: Readonly<Record<Exclude<Known, 'unknown'>, number>> = { up: 0, down: 1, left: 2 };

function stateAfter({ kind, named }: TimelineEvent): Known | null {
  switch (kind) {
    case 'registered':
      return named ? 'unknown' : 'up';
    case 'up':
    case 'restarted':
    case 'returned':
      return 'up';
    case 'down':
      return 'down';
    case 'left':
      return 'left';
    case 'removed':
      return 'unknown';
    case 'acknowledged':
    case 'unacknowledged':
      return null;
  }
}

/** Where nothing older is stored. A host may leave while it is down; far more often it leaves while it is up. */
function stateBefore({ kind }: TimelineEvent): Known {
  switch (kind) {
    case 'up':
      return 'down';
    case 'down':
    case 'left':
    case 'restarted':
      return 'up';
    default:
      return 'unknown';
  }
}

/** Runs in order, overlapping ones as one. */
function merged(runs: readonly Run[]): Run[] {
  const sorted = [...runs].sort((a, b) => a.startedAtMs - b.startedAtMs);
  const result: { startedAtMs: number; aliveAtMs: number }[] = [];
  for (const { startedAtMs, aliveAtMs } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && startedAtMs <= last.aliveAtMs) {
      last.aliveAtMs = Math.max(last.aliveAtMs, aliveAtMs);
    } else {
      result.push({ startedAtMs, aliveAtMs });
    }
  }
  return result;
}

/** The stretches of one timeline, filled from the end to the beginning. */
class Stretches {
  readonly #fromMs: number;
  readonly #widthMs: number;
  readonly #runs: readonly Run[];
  /** No later run reaches what is still to come. */
  #run: number;
  readonly #known: number[][];

  constructor({ fromMs, toMs, buckets }: TimelineQuery, runs: readonly Run[]) {
    this.#fromMs = fromMs;
    this.#widthMs = (toMs - fromMs) / buckets;
    this.#runs = merged(runs);
    this.#run = this.#runs.length - 1;
    this.#known = Array.from({ length: buckets }, () => [0, 0, 0]);
  }

  /** Spans come newest first and do not overlap. */
  add(state: Known, startMs: number, endMs: number): void {
    if (state === 'unknown' || startMs >= endMs) return;
    while (this.#run >= 0 && this.#runs[this.#run]!.startedAtMs >= endMs) this.#run--;
    for (let i = this.#run; i >= 0 && this.#runs[i]!.aliveAtMs > startMs; i--) {
      const run = this.#runs[i]!;
      this.#fill(COLUMN[state], Math.max(startMs, run.startedAtMs), Math.min(endMs, run.aliveAtMs));
    }
  }

  #fill(column: number, startMs: number, endMs: number): void {
    const last = this.#known.length - 1;
    const widthMs = this.#widthMs;
    let atMs = startMs;
    for (
      let i = Math.min(last, Math.floor((startMs - this.#fromMs) / widthMs));
      atMs < endMs && i <= last;
      i++
    ) {
      const untilMs = i === last ? endMs : Math.min(endMs, this.#fromMs + (i + 1) * widthMs);
      if (untilMs <= atMs) continue;
      this.#known[i]![column]! += untilMs - atMs;
      atMs = untilMs;
    }
  }

  finish(): TimelineBucket[] {
    return this.#known.map(([up, down, left]) => {
      const unknown = Math.max(0, this.#widthMs - up! - down! - left!);
      return [up!, down!, left!, unknown];
    });
  }
}

/**
 * `newestFirst` are the host's events in the reverse order of appending; it is read no further than the window
 * reaches. Of two events whose instants contradict that order, the later one counts from its own instant.
 */
export function timelineOf(
  query: TimelineQuery,
  newestFirst: Iterable<TimelineEvent>,
  runs: readonly Run[],
): TimelineResult {
  const { fromMs, toMs, present } = query;
  const stretches = new Stretches(query, runs);
  let downs = 0;
  let untilMs = toMs;
  let earliest: TimelineEvent | null = null;
  for (const event of newestFirst) {
    const state = stateAfter(event);
    if (state === null) continue;
    earliest = event;
    if (event.kind === 'down' && event.at >= fromMs && event.at < toMs) downs++;
    if (event.at >= untilMs) continue;
    const sinceMs = Math.max(fromMs, event.at);
    stretches.add(state, sinceMs, untilMs);
    untilMs = sinceMs;
    if (event.at <= fromMs) return { buckets: stretches.finish(), downs };
  }
  const before = earliest === null ? (present === 'absent' ? 'unknown' : present) : stateBefore(earliest);
  stretches.add(before, fromMs, untilMs);
  return { buckets: stretches.finish(), downs };
}

/** Share of the time up of the time known to be up or down; null: never either. */
export function availabilityOf(buckets: readonly TimelineBucket[]): number | null {
  let upMs = 0;
  let downMs = 0;
  for (const [up, down] of buckets) {
    upMs += up;
    downMs += down;
  }
  return upMs + downMs === 0 ? null : upMs / (upMs + downMs);
}
