'use client';

/** The history of one host in pages: the newest one as the page of the host brings it, older ones read when asked for. */
import { useEffect, useRef, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { EventPage } from '@/lib/protocol/api.ts';
import type { HostEvent } from '@/lib/protocol/host.ts';
import { type ReadProblem, readProblem } from '../live/read-problem.ts';

/** As many as the answer about the host brings. */
const EVENTS_PER_PAGE = 50;

export type HostEventPages = {
  readonly events: readonly HostEvent[];
  /** From 1, the newest. */
  readonly page: number;
  readonly reading: boolean;
  readonly problem: ReadProblem | null;
  /** Null: there is nothing there. */
  readonly toNewest: (() => void) | null;
  readonly toOlder: (() => void) | null;
};

export function useHostEvents(nameOrId: string, recent: readonly HostEvent[]): HostEventPages {
  const { api } = useLiveHandle();
  const [older, setOlder] = useState<{ page: EventPage; number: number } | null>(null);
  const [reading, setReading] = useState(false);
  const [problem, setProblem] = useState<ReadProblem | null>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  const read = async (): Promise<void> => {
    const reader = new AbortController();
    abort.current?.abort();
    abort.current = reader;
    setReading(true);
    const pageFrom = (cursor: string | null) =>
      api.hostEvents(
        nameOrId,
        { limit: EVENTS_PER_PAGE, ...(cursor === null ? {} : { cursor }) },
        reader.signal,
      );
    try {
      // Where the second page begins nobody has said yet.
      const cursor = older === null ? (await pageFrom(null)).nextCursor : older.page.nextCursor;
      if (cursor !== null) setOlder({ page: await pageFrom(cursor), number: (older?.number ?? 1) + 1 });
      setProblem(null);
    } catch (error) {
      if (reader.signal.aborted) return;
      setProblem(readProblem(error));
    }
    setReading(false);
  };
  const hasOlder = older === null ? recent.length >= EVENTS_PER_PAGE : older.page.nextCursor !== null;
  return {
    events: older?.page.events ?? recent,
    page: older?.number ?? 1,
    reading,
    problem,
    toNewest: older === null ? null : () => setOlder(null),
    toOlder: hasOlder && !reading ? () => void read() : null,
  };
}
