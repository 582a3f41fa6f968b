'use client';

/**
 * Owns one window of the list of hosts: read from the server for a query, its rows read again every 2 s, its
 * membership and order when hosts changed, at most every 3 s. Nothing is read while the page is hidden or paused.
 */
import { useEffect, useState } from 'react';
import { steadyNowMs } from '@/lib/client/steady-clock.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { HostPage } from '@/lib/protocol/api.ts';
import type { Host, HostId } from '@/lib/protocol/host.ts';
import { type ReadProblem, readProblem } from '../live/read-problem.ts';
import { HOSTS_PER_PAGE, type HostQuery } from './host-query.ts';

const ROWS_EVERY_MS = 2_000;
const WINDOW_EVERY_MS = 3_000;
/** A host that changed is read again this soon; changes of one moment are read together. */
const CHANGED_AFTER_MS = 150;

export type HostWindow = {
  /** Names the query these rows answer. */
  readonly key: string;
  readonly epoch: string;
  readonly ids: readonly HostId[];
  /** Also of rows that have left the window a moment ago. */
  readonly hosts: ReadonlyMap<HostId, Host>;
  readonly total: number;
  readonly nextCursor: string | null;
  readonly position: HostPage['position'];
  /** When the rows were last read, on the server's clock. */
  readonly readAtMs: number;
};

export type HostWindowState = {
  /** The newest answer; while another query is under way still that of the last one. */
  readonly window: HostWindow | null;
  readonly loading: boolean;
  readonly problem: ReadProblem | null;
  reload(): void;
};

/** `key` must change exactly when the query does. */
export function useHostWindow(query: HostQuery, key: string): HostWindowState {
  const live = useLiveHandle();
  const [window, setWindow] = useState<HostWindow | null>(null);
  const [problem, setProblem] = useState<ReadProblem | null>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies(query): the key stands for it.
  // biome-ignore lint/correctness/useExhaustiveDependencies(attempt): a reload is a new attempt at the same.
  useEffect(() => {
    const { api, store } = live;
    const abort = new AbortController();
    let current: HostWindow | null = null;
    let windowReadAtMs = Number.NEGATIVE_INFINITY;
    let reading = false;
    let outdated = false;
    let soon: ReturnType<typeof setTimeout> | undefined;

    const serverNowMs = () => steadyNowMs() + (store.getState().link.serverOffsetMs ?? 0);
    const paused = () => store.getState().link.status === 'paused';
    const resting = () => document.hidden || paused();
    const show = (next: HostWindow) => {
      // Asked for before the pause began: the list stands still all the same.
      if (current !== null && paused()) {
        outdated = true;
        return;
      }
      current = next;
      setWindow(next);
      setProblem(null);
    };

    const readWindow = async (): Promise<void> => {
      const readAtMs = serverNowMs();
      windowReadAtMs = performance.now();
      outdated = false;
      const { state, q, labels, sort, cursor } = query;
      const page = await api.hosts(
        {
          ...(state === null ? {} : { state }),
          ...(q === '' ? {} : { q }),
          label: labels,
          sort,
          limit: HOSTS_PER_PAGE,
          ...(cursor === null ? {} : { cursor }),
        },
        abort.signal,
      );
      const sameRun = current !== null && current.epoch === page.position.e;
      const hosts = new Map(sameRun ? current?.hosts : []);
      const ids = page.hosts.map((host) => host.id);
      // Rows that left are kept as long as they may still stand on the screen: one window's worth.
      while (hosts.size > HOSTS_PER_PAGE) hosts.delete(hosts.keys().next().value as HostId);
      for (const host of page.hosts) {
        hosts.delete(host.id);
        hosts.set(host.id, host);
      }
      const { total, nextCursor, position } = page;
      show({ key, epoch: position.e, ids, hosts, total, nextCursor, position, readAtMs });
    };

    const readRows = async (known: HostWindow): Promise<void> => {
      const slots = [...known.hosts.values()].map((host) => host.slot);
      if (slots.length === 0) return;
      const readAtMs = serverNowMs();
      const page = await api.hostsBySlot(slots, abort.signal);
      if (page.position.e !== known.epoch || current === null) return;
      const hosts = new Map(current.hosts);
      for (const host of page.hosts) if (hosts.has(host.id)) hosts.set(host.id, host);
      show({ ...current, hosts, readAtMs });
    };

    const read = async (): Promise<void> => {
      if (reading || abort.signal.aborted) return;
      reading = true;
      try {
        const due = performance.now() - windowReadAtMs >= WINDOW_EVERY_MS;
        if (current === null || (outdated && due)) await readWindow();
        else await readRows(current);
      } catch (error) {
        if (abort.signal.aborted) return;
        outdated = true;
        setProblem(readProblem(error));
      } finally {
        reading = false;
      }
    };

    const readSoon = (): void => {
      if (soon !== undefined || resting()) return;
      soon = setTimeout(() => {
        soon = undefined;
        if (!resting()) void read();
      }, CHANGED_AFTER_MS);
    };

    void read();
    const timer = setInterval(() => {
      if (!resting()) void read();
    }, ROWS_EVERY_MS);
    const onVisible = () => {
      if (!resting()) void read();
    };
    document.addEventListener('visibilitychange', onVisible);
    const unsubscribe = live.subscribeChanges((slots) => {
      outdated = true;
      const mine =
        slots === null || [...(current?.hosts.values() ?? [])].some(({ slot }) => slots.includes(slot));
      if (mine || performance.now() - windowReadAtMs >= WINDOW_EVERY_MS) readSoon();
    });
    return () => {
      abort.abort();
      clearInterval(timer);
      clearTimeout(soon);
      document.removeEventListener('visibilitychange', onVisible);
      unsubscribe();
    };
  }, [live, key, attempt]);

  return {
    window,
    loading: window === null || window.key !== key,
    problem,
    reload: () => setAttempt((count) => count + 1),
  };
}
