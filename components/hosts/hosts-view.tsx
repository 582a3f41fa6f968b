'use client';

/** The page of all hosts: one window of the server's list, live, held still while somebody is at it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLive } from '@/lib/client/use-live.ts';
import type { Host } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import type { AckTarget } from '../live/acknowledge/ack-batch.ts';
import { useAcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { useSingleKeys } from '../live/single-keys.ts';
import { PageTrail } from '../ui/list/page-trail.ts';
import { goTo, useAddress } from '../ui/list/use-address.ts';
import { useOrderHold } from '../ui/list/use-order-hold.ts';
import { useRowFocus } from '../ui/list/use-row-focus.ts';
import { useSlow } from '../ui/list/use-slow.ts';
import { WaitingButton } from '../ui/list/waiting-button.tsx';
import { optional } from '../ui/optional.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { HostFilterBar } from './host-filter-bar.tsx';
import { HOSTS_PER_PAGE, hostsAddress, parseHostQuery } from './host-query.ts';
import { HostTable, HostTableSkeleton } from './host-table.tsx';
import type { Removal } from './removal.ts';
import { useHostWindow } from './use-host-window.ts';

const ReadFailure = optional(() => import('../live/read-failure.tsx'));
const Pager = optional(() => import('../ui/list/pager.tsx'));
const HostSorts = optional(() => import('./host-sorts.tsx'));
const HostTools = optional(() => import('./host-tools.tsx'));
const SelectionBar = optional(() => import('./selection-bar.tsx'));
const NoHosts = optional(() => import('./no-hosts.tsx'));
const RemoveDialog = optional(() => import('./remove-dialog.tsx'));

const NOTHING: ReadonlySet<string> = new Set();
const NO_IDS: readonly string[] = [];
const trail = new PageTrail();

export function HostsView() {
  const t = useTranslations('hosts');
  const query = useAddress(parseHostQuery);
  const key = hostsAddress(query);
  const listKey = hostsAddress({ ...query, cursor: null, page: 1 });
  const { window: read, loading, problem, reload } = useHostWindow(query, key);
  const slow = useSlow(loading);
  const paused = useLive((state) => state.link.status === 'paused');
  // What can wait is fetched after the first data.
  const live = useLive((state) => state.counts !== null);
  const flow = useAcknowledgeFlow();
  const [removal, setRemoval] = useState<Removal | null>(null);

  const [selection, setSelection] = useState(NOTHING);
  // biome-ignore lint/correctness/useExhaustiveDependencies(key): what was selected belongs to what was listed.
  useEffect(() => setSelection(NOTHING), [key]);

  const list = useRef<HTMLDivElement>(null);
  const hold = useOrderHold(
    list,
    read?.ids ?? NO_IDS,
    read?.key ?? '',
    selection.size > 0 || paused || flow.asking || removal !== null,
  );
  const hosts = useMemo(
    () => hold.shown.map((id) => read?.hosts.get(id)).filter((host): host is Host => host !== undefined),
    [hold.shown, read],
  );

  const summary = useRef<HTMLParagraphElement>(null);
  const rows = useRowFocus(list);
  const select = useCallback((id: string, selected: boolean) => {
    setSelection((now) => {
      const next = new Set(now);
      if (selected) next.add(id);
      else next.delete(id);
      return next;
    });
  }, []);
  const clear = () => setSelection(NOTHING);
  /** The buttons of a selection go with it: the focus needs another place. */
  const clearFromBar = () => {
    clear();
    summary.current?.focus();
  };

  const targetsAmong = (chosen: (host: Host) => boolean): AckTarget[] =>
    hosts.flatMap((host) =>
      chosen(host) && host.alertId !== null && host.state === 'down' && !host.acknowledged
        ? [{ id: host.alertId, host: host.name }]
        : [],
    );
  const targets = targetsAmong((host) => selection.has(host.id));

  useSingleKeys({
    j: () => rows.move(1),
    k: () => rows.move(-1),
    x: () => {
      const id = rows.current();
      if (id !== null && flow.permit()) select(id, !selection.has(id));
    },
    a: () => {
      const id = rows.current();
      flow.acknowledge(selection.size > 0 ? targets : targetsAmong((host) => host.id === id), clear);
    },
    z: () => flow.undoLast(),
    Escape: clear,
  });

  /** The list begins anew: from its top, for the eye and for the focus. */
  const turnTo = (cursor: string | null, page: number) => {
    goTo(hostsAddress({ ...query, cursor, page }));
    summary.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  };
  const nextCursor = loading ? null : (read?.nextCursor ?? null);
  const from = (query.page - 1) * HOSTS_PER_PAGE + 1;
  const empty = !loading && hosts.length === 0;

  return (
    <>
      <PageHeader
        title={t('title')}
        actions={live && flow.mayAct ? <HostTools query={query} flow={flow} onRemove={setRemoval} /> : null}
      />
      <HostFilterBar query={query} />
      {problem ? (
        <ReadFailure title={t('failed')} problem={problem} kept={read !== null} onRetry={reload} />
      ) : null}

      <div className="mb-2 flex min-h-(--control-h) flex-wrap items-center gap-x-3 gap-y-2">
        <p
          ref={summary}
          tabIndex={-1}
          role="status"
          className="rounded-sm text-sm text-muted outline-offset-4"
        >
          {read === null || loading ? (
            ''
          ) : hosts.length === 0 ? (
            <span className="sr-only">{t('rangeNone')}</span>
          ) : (
            t('range', { from, to: from + hosts.length - 1, total: read.total })
          )}
        </p>
        <WaitingButton
          waiting={hold.waiting}
          text={t('waiting', { count: hold.waiting })}
          hint={t('waitingHint')}
          onTake={() => {
            hold.release();
            summary.current?.focus();
          }}
        />
        {selection.size > 0 ? (
          <SelectionBar
            selected={selection.size}
            targets={targets}
            flow={flow}
            onRemove={() => setRemoval({ kind: 'hosts', hosts: hosts.filter(({ id }) => selection.has(id)) })}
            onDone={clear}
            onClear={clearFromBar}
          />
        ) : null}
        {live ? <HostSorts query={query} /> : null}
      </div>

      <div
        ref={list}
        data-testid="host-list"
        aria-busy={loading}
        className={`min-h-24 overflow-x-auto rounded-lg border border-line ${loading && read ? 'opacity-60' : ''}`}
        {...hold.props}
      >
        {hosts.length > 0 && read ? (
          <HostTable
            query={query}
            hosts={hosts}
            epoch={read.epoch}
            readAtMs={read.readAtMs}
            selection={selection}
            selectable={flow.mayAct}
            onSelect={select}
            onSelectAll={(selected) =>
              setSelection(selected ? new Set(hosts.map((host) => host.id)) : NOTHING)
            }
          />
        ) : loading ? (
          slow && !problem && <HostTableSkeleton />
        ) : (
          empty && <NoHosts query={query} />
        )}
      </div>

      {live ? (
        <Pager
          words={{
            label: t('pages.label'),
            first: t('pages.first'),
            previous: t('pages.previous'),
            next: t('pages.next'),
            here: t('pages.page', { page: query.page }),
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
      {removal ? (
        <RemoveDialog
          removal={removal}
          onClose={() => setRemoval(null)}
          onRemoved={() => {
            clear();
            reload();
          }}
        />
      ) : null}
    </>
  );
}
