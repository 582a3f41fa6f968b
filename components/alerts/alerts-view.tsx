'use client';

/** The page of alerts: unhandled, acknowledged, resolved; acknowledged one by one or many at once, with undo. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useCounts, useLive } from '@/lib/client/use-live.ts';
import type { Alert } from '@/lib/protocol/alert.ts';
import { useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import {
  type AckBatch,
  type AckBatches,
  type AckTarget,
  canUndo,
  withOwnAcks,
} from '../live/acknowledge/ack-batch.ts';
import { useAckBatches } from '../live/acknowledge/use-acknowledge.ts';
import { useAcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { useSingleKeys } from '../live/single-keys.ts';
import { unhandledCount } from '../live/unhandled.ts';
import { BellOff } from '../ui/icons.tsx';
import { PageTrail } from '../ui/list/page-trail.ts';
import { goTo, useAddress } from '../ui/list/use-address.ts';
import { useOrderHold } from '../ui/list/use-order-hold.ts';
import { useRowFocus } from '../ui/list/use-row-focus.ts';
import { useSlow } from '../ui/list/use-slow.ts';
import { WaitingButton } from '../ui/list/waiting-button.tsx';
import { optional } from '../ui/optional.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { type LiveAlerts, mergeAlerts } from './alert-list.ts';
import { ALERTS_PER_PAGE, alertsAddress, belongs, parseAlertQuery } from './alert-query.ts';
import type { AlertActions } from './alert-row.tsx';
import { AlertTable } from './alert-table.tsx';
import { AlertTabs } from './alert-tabs.tsx';
import { NoAlerts } from './no-alerts.tsx';
import { useAlertWindow } from './use-alert-window.ts';

const NOTHING: ReadonlySet<string> = new Set();
const SelectionBar = optional(() => import('./selection-bar.tsx'));
const ReadFailure = optional(() => import('../live/read-failure.tsx'));
const Pager = optional(() => import('../ui/list/pager.tsx'));

/** A window, and what came live since it was read. */
const MOST_ROWS = 2 * ALERTS_PER_PAGE;
const trail = new PageTrail();

const targetOf = (alert: Alert): AckTarget => ({ id: alert.id, host: alert.host });

function ownBatch(batches: AckBatches, id: string): AckBatch | undefined {
  return batches.findLast((batch) => batch.targets.some((target) => target.id === id));
}

export function AlertsView() {
  const t = useTranslations('alerts');
  const query = useAddress(parseAlertQuery);
  const key = alertsAddress(query);
  const listKey = alertsAddress({ ...query, cursor: null, page: 1 });
  const batches = useAckBatches();
  const settled = batches.map((batch) => `${batch.key}${batch.phase}`).join();
  const { window: read, loading, problem, reload } = useAlertWindow(query, key, settled);
  const slow = useSlow(loading);
  const about = useAbout();
  const counts = useCounts();
  const flow = useAcknowledgeFlow();
  const paused = useLive((state) => state.link.status === 'paused');
  const unhandled = useLive(unhandledCount);
  const open = useLive((state) => state.alerts);
  const truncated = useLive((state) => state.alertsTruncated);
  const epoch = useLive((state) => state.epoch);
  const seq = useLive((state) => state.seq);

  const live = useMemo<LiveAlerts>(() => ({ epoch, seq, open, truncated }), [epoch, seq, open, truncated]);
  const merged = useMemo(() => {
    if (read === null) return [];
    return mergeAlerts(read, live, query, MOST_ROWS)
      .map((alert) => withOwnAcks(alert, batches, open.get(alert.id)))
      .filter((alert) => belongs(alert, query));
  }, [read, live, query, batches, open]);
  const latest = useMemo(() => merged.map((alert) => alert.id), [merged]);

  const [selection, setSelection] = useState(NOTHING);
  // biome-ignore lint/correctness/useExhaustiveDependencies(key): what was selected belongs to what was listed.
  useEffect(() => setSelection(NOTHING), [key]);
  const list = useRef<HTMLDivElement>(null);
  const summary = useRef<HTMLParagraphElement>(null);
  const hold = useOrderHold(list, latest, read?.key ?? '', selection.size > 0 || paused || flow.asking);

  // What stands on the screen though it left the list: as it was known last, with what is known of it now.
  const [remembered] = useState(() => new Map<string, Alert>());
  useEffect(() => {
    const kept = new Set(hold.shown);
    for (const id of remembered.keys()) if (!kept.has(id)) remembered.delete(id);
    for (const alert of merged) remembered.set(alert.id, alert);
  }, [merged, hold.shown, remembered]);
  const shown = useMemo(() => {
    const byId = new Map(merged.map((alert) => [alert.id, alert]));
    return hold.shown.flatMap((id) => {
      const alert = byId.get(id) ?? open.get(id) ?? remembered.get(id);
      return alert ? [withOwnAcks(alert, batches, open.get(id))] : [];
    });
  }, [hold.shown, merged, open, batches, remembered]);
  const hasRecovered = (alert: Alert) =>
    alert.closedAt === null &&
    !truncated &&
    epoch === read?.position.e &&
    seq >= read.position.s &&
    !open.has(alert.id);

  const rows = useRowFocus(list);
  const newest = useRef({ flow, batches });
  useEffect(() => {
    newest.current = { flow, batches };
  });
  const actions = useMemo<AlertActions>(
    () => ({
      select: (id, selected) =>
        setSelection((now) => {
          const next = new Set(now);
          if (selected) next.add(id);
          else next.delete(id);
          return next;
        }),
      acknowledge: (alert) => newest.current.flow.acknowledge([targetOf(alert)]),
      ask: (alert) => newest.current.flow.ask({ kind: 'targets', targets: [targetOf(alert)] }),
      undo: (alert) => {
        const batch = newest.current.batches.findLast(
          (one) => canUndo(one) && one.targets.some(({ id }) => id === alert.id),
        );
        if (batch) newest.current.flow.undo(batch);
      },
      takeBack: (alert) => newest.current.flow.takeBack([targetOf(alert)]),
    }),
    [],
  );
  const ownOf = useCallback(
    (id: string) => {
      const batch = ownBatch(batches, id);
      if (batch?.phase === 'sending') return 'sending' as const;
      return batch && canUndo(batch) && !batch.refused.some(({ target }) => target.id === id)
        ? ('undoable' as const)
        : null;
    },
    [batches],
  );

  const clear = () => setSelection(NOTHING);
  /** The buttons of a selection go with it: the focus needs another place. */
  const clearFromBar = () => {
    clear();
    summary.current?.focus();
  };
  const standing = (alert: Alert) => alert.closedAt === null && !hasRecovered(alert);
  const chosen = shown.filter((alert) => selection.has(alert.id) && standing(alert));
  const selectable = flow.mayAct && query.status !== 'resolved';

  useSingleKeys({
    j: () => rows.move(1),
    k: () => rows.move(-1),
    x: () => {
      const id = rows.current();
      if (id !== null && flow.permit() && selectable) actions.select(id, !selection.has(id));
    },
    a: () => {
      const id = rows.current();
      const meant = selection.size > 0 ? chosen : shown.filter((alert) => alert.id === id && standing(alert));
      flow.acknowledge(meant.filter(({ ack }) => ack === null).map(targetOf), clear);
    },
    z: () => flow.undoLast(),
    Escape: clear,
  });

  const turnTo = (cursor: string | null, page: number) => {
    goTo(alertsAddress({ ...query, cursor, page }));
    summary.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  };
  const nextCursor = loading ? null : (read?.nextCursor ?? null);

  return (
    <>
      <PageHeader
        title={t('title')}
        intro={
          <>
            {t('intro')}
            {about?.store === 'memory' ? <span data-testid="memory-notice"> {t('memory')}</span> : null}
          </>
        }
      />
      <AlertTabs query={query} />
      {problem ? (
        <ReadFailure title={t('failed')} problem={problem} kept={read !== null} onRetry={reload} />
      ) : null}

      <div className="mb-2 flex min-h-(--control-h) flex-wrap items-center gap-x-3 gap-y-2">
        <p ref={summary} tabIndex={-1} className="rounded-sm text-sm text-muted outline-offset-4">
          {loading ? (
            ''
          ) : (
            <span className={shown.length === 0 ? 'sr-only' : undefined}>
              {t('list.shown', { count: shown.length })}
            </span>
          )}
        </p>
        <WaitingButton
          waiting={hold.waiting}
          text={t('list.waiting', { count: hold.waiting })}
          hint={t('list.waitingHint')}
          onTake={() => {
            hold.release();
            summary.current?.focus();
          }}
        />
        {/* Fetched after the first data. */}
        {selectable && counts !== null ? (
          <SelectionBar
            selected={selection.size}
            free={chosen.filter(({ ack }) => ack === null)}
            taken={chosen.filter(({ ack }) => ack !== null)}
            unhandled={query.status === 'unhandled' && shown.length > 0 ? unhandled : null}
            flow={flow}
            onClear={clearFromBar}
          />
        ) : null}
      </div>

      <div
        ref={list}
        data-testid="alert-list"
        aria-busy={loading}
        className={`min-h-24 rounded-lg border border-line ${loading && read ? 'opacity-60' : ''}`}
        {...hold.props}
      >
        {shown.length > 0 ? (
          <AlertTable
            status={query.status}
            alerts={shown}
            hasRecovered={hasRecovered}
            ownOf={ownOf}
            selection={selection}
            selectable={selectable}
            mayAct={flow.mayAct}
            onSelectAll={(selected) => setSelection(selected ? new Set(shown.map(({ id }) => id)) : NOTHING)}
            actions={actions}
          />
        ) : loading ? (
          slow && !problem ? (
            <div aria-hidden className="flex flex-col gap-3 p-4">
              <Skeleton className="w-2/3" />
              <Skeleton className="w-1/2" />
              <Skeleton className="w-3/5" />
            </div>
          ) : null
        ) : (
          <NoAlerts
            query={query}
            acknowledged={counts?.acknowledged ?? 0}
            icon={<BellOff size={28} aria-hidden />}
          />
        )}
      </div>
      {counts !== null ? (
        <Pager
          words={{
            label: t('list.pages'),
            first: t('list.first'),
            previous: t('list.previous'),
            next: t('list.next'),
            here: t('list.page', { page: query.page }),
          }}
          list={listKey}
          page={query.page}
          cursor={query.cursor}
          nextCursor={nextCursor}
          trail={trail}
          turnTo={turnTo}
        />
      ) : null}
      {flow.form}
    </>
  );
}
