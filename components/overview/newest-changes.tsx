'use client';

/** What changed last, newest first: which host, from what to what, when. Stands still under pointer and focus. */
import { useEffect, useMemo, useState } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { AppLink } from '@/components/ui/app-link.tsx';
import { ArrowRight } from '@/components/ui/icons.tsx';
import { useSlow } from '@/components/ui/list/use-slow.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { StateBadge } from '@/components/ui/state-badge.tsx';
import { StateShape } from '@/components/ui/state-shape.tsx';
import { useStill } from '@/components/ui/still.tsx';
import { useAlerts, useCounts, useHostDescriptions, useLive, useLiveHandle } from '@/lib/client/use-live.ts';
import type { RecentChange } from '@/lib/client/view-store.ts';
import { changeFeed, type FeedEntry } from './change-feed.ts';
import { MAX_ALERTS_SHOWN } from './newest-alerts.tsx';
import { ChangesSkeleton, NewestChangesPanel } from './newest-changes-place.tsx';
import { hostPath } from './paths.ts';
import { readStateHistory, type StateHistory } from './state-history.ts';
import { unhandledAlerts } from './unhandled-alerts.ts';
import { useHeldFeed } from './use-held-feed.ts';
import { WaitingUpdates } from './waiting-updates.tsx';

/** With as many alerts as are shown, the page still fits a wall of 1080 lines. */
const LEAST_SHOWN = 7;
/** An alert takes about the height of so many changes. */
const CHANGES_PER_ALERT = 1.6;
/** Faster than this nobody reads; in an outage thousands change a second. */
const RENEW_MS = 1_000;
const NAMED_WITHIN_MS = 2_000;

const keyOf = (entry: FeedEntry): string => entry.key;

/** The newest changes, renewed at once after quiet and then at most once in RENEW_MS. */
function usePacedChanges(): readonly RecentChange[] {
  const { store } = useLiveHandle();
  const [changes, setChanges] = useState(store.getInitialState().recentChanges);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let due = false;
    let shown = false;
    const take = (): void => {
      // What came right before a pause waits for its end.
      if (shown && store.getState().link.status === 'paused') return;
      shown = true;
      setChanges(store.getState().recentChanges);
      due = false;
      timer = setTimeout(() => {
        timer = undefined;
        if (due) take();
      }, RENEW_MS);
    };
    take();
    const unsubscribe = store.subscribe((now, before) => {
      if (now.recentChanges !== before.recentChanges) due = true;
      if (due && timer === undefined) take();
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [store]);
  return changes;
}

/** Without an answer nobody may say that nothing has happened. */
const NOT_KNOWN: StateHistory = { only: [], others: true };

/** Events from before this page watched; null while they are being read. Read again after a server restart. */
function useHistory(): StateHistory | null {
  const { api } = useLiveHandle();
  const epoch = useLive((state) => state.epoch);
  const [events, setEvents] = useState<StateHistory | null>(null);
  useEffect(() => {
    if (epoch === null) return;
    const leaving = new AbortController();
    // Without history the feed still follows what happens; there is nothing the reader could do about it.
    readStateHistory((query) => api.events(query, leaving.signal)).then(setEvents, () => {
      if (!leaving.signal.aborted) setEvents(NOT_KNOWN);
    });
    return () => leaving.abort();
  }, [api, epoch]);
  return events;
}

/** A name is on its way mostly; only a host that has none any more is called by its place. */
function Unnamed({ slot }: { slot: number }) {
  const t = useTranslations('overview.changes');
  const late = useSlow(true, NAMED_WITHIN_MS);
  if (!late) return <Skeleton className="w-2/3" />;
  return <span className="text-muted">{t('unnamed', { slot: String(slot) })}</span>;
}

export default function NewestChanges() {
  const t = useTranslations('overview.changes');
  const state = useTranslations('common.state');
  const counts = useCounts();
  const live = usePacedChanges();
  const history = useHistory();
  const freeAlerts = MAX_ALERTS_SHOWN - Math.min(MAX_ALERTS_SHOWN, unhandledAlerts(useAlerts()).length);
  const most = LEAST_SHOWN + Math.floor(freeAlerts * CHANGES_PER_ALERT);
  const latest = useMemo(() => changeFeed(live, history?.only ?? [], most), [live, history, most]);
  const { shown, waiting, takeOver, holdProps } = useHeldFeed(latest, keyOf);
  const slots = useMemo(() => shown.flatMap(({ slot }) => (slot === null ? [] : [slot])), [shown]);
  const descriptions = useHostDescriptions(slots);
  const paused = useLive((state) => state.link.status === 'paused');
  const loading = counts === null || (history === null && shown.length === 0);

  const content = loading ? (
    <ChangesSkeleton />
  ) : shown.length === 0 ? (
    <p className="px-4 py-6 text-sm text-muted">{t(history?.others ? 'noneLately' : 'none')}</p>
  ) : (
    <ul data-heard className="divide-y divide-line" data-testid="newest-changes">
      {shown.map((entry) => {
        const name = entry.host ?? descriptions.get(entry.slot!)?.name ?? null;
        const row = (
          <>
            <span className="min-w-0 flex-1 truncate">{name ?? <Unnamed slot={entry.slot!} />}</span>
            <span className="inline-flex w-32 shrink-0 items-center gap-1.5">
              <span className="inline-flex w-3 justify-center">
                {entry.from === null ? null : (
                  <StateShape kind={entry.from} size={12} title={state(entry.from)} />
                )}
              </span>
              <ArrowRight size={12} className="shrink-0 text-muted" role="img" aria-label={t('becomes')} />
              {entry.to === null ? (
                <span className="text-xs text-muted">{t('removed')}</span>
              ) : (
                <StateBadge kind={entry.to} size="sm" />
              )}
            </span>
            <span className="w-20 shrink-0 text-right text-xs text-muted">
              <RelativeTime atMs={entry.atMs} focusable={false} />
            </span>
          </>
        );
        const rowClass = 'flex min-h-9 items-center gap-3 px-4 py-1.5 text-sm';
        return (
          <li key={entry.key}>
            {name === null ? (
              <div className={rowClass}>{row}</div>
            ) : (
              <AppLink
                href={hostPath(name)}
                className={`${rowClass} no-underline hover:bg-raised focus-visible:-outline-offset-2`}
              >
                {row}
              </AppLink>
            )}
          </li>
        );
      })}
    </ul>
  );

  const kept = useStill({ loading, content }, paused);

  return (
    <NewestChangesPanel waiting={<WaitingUpdates count={waiting} onTakeOver={takeOver} />}>
      <div {...holdProps}>{kept.loading ? content : kept.content}</div>
    </NewestChangesPanel>
  );
}
