/**
 * What became of hosts that fell silent, read from the server's history once it is over: when each was called down, and
 * how long after its deadline. Knows no fleet. A call asks for as many pages as there are verdicts.
 */
import type { EventPage } from '#lib/protocol/api.ts';
import type { HostId } from '#lib/protocol/host.ts';
import type { BenchServer } from './bench-server.ts';
import { percentile } from './statistics.ts';

const PAGE = 500;

export type DownVerdict = {
  readonly hostId: HostId;
  /** When its silence had lasted as long as its timeout; ms since the epoch on the server's clock. */
  readonly deadlineAtMs: number;
  /** From then to the verdict; the history keeps whole ms. */
  readonly lateMs: number;
};

/** Of hosts that died; a sorted array gives them. ms. */
export type Lateness = { readonly p50: number; readonly p99: number; readonly max: number };

/** NaN for none. */
export function latenessOf(latenessMs: Iterable<number>): Lateness {
  const ascending = Float64Array.from(latenessMs).sort();
  return {
    p50: percentile(ascending, 0.5),
    p99: percentile(ascending, 0.99),
    max: percentile(ascending, 1),
  };
}

/** Every down since `fromMs`, newest first; `timeoutMsOf`: the silence that makes this host down. */
export async function downVerdicts(
  server: BenchServer,
  fromMs: number,
  timeoutMsOf: (host: HostId) => number,
): Promise<DownVerdict[]> {
  const verdicts: DownVerdict[] = [];
  let cursor: string | null = null;
  do {
    const query: string = `/api/events?from=${Math.floor(fromMs)}&limit=${PAGE}${cursor === null ? '' : `&cursor=${cursor}`}`;
    const { answer } = await server.ask<EventPage>(query);
    for (const { kind, at, hostId, evidence } of answer.events) {
      if (kind !== 'down' || evidence === null) continue;
      const lateMs = evidence.silentMs - timeoutMsOf(hostId);
      verdicts.push({ hostId, lateMs, deadlineAtMs: at - lateMs });
    }
    cursor = answer.nextCursor;
  } while (cursor !== null);
  return verdicts;
}
