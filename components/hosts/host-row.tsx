'use client';

/** One host as a row of the table; on a phone the same cells stand in two lines. */
import { memo } from 'react';
import type { Host } from '@/lib/protocol/host.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { percentWords, spanWords } from '../live/verdict-words.ts';
import { AppLink } from '../ui/app-link.tsx';
import { classNames } from '../ui/class-names.ts';
import { NowContext, useNowMs } from '../ui/clock.ts';
import { RelativeTime } from '../ui/relative-time.tsx';
import { StateBadge, stateKindOf } from '../ui/state-badge.tsx';
import { BeatSpark } from './beat-spark.tsx';
import { HostLabels } from './host-labels.tsx';
import { useLiveHost } from './live-host.ts';
import { MAX_OWED_BEATS, owedBeats, sparkBeats } from './spark.ts';

/** How old an answer may be and still say when a live host was heard last. */
export const FRESH_MS = 5_000;
const LABELS_SHOWN = 3;

export type HostRowProps = {
  readonly host: Host;
  readonly epoch: string;
  /** When the row was read, on the server's clock. */
  readonly readAtMs: number;
  readonly selectable: boolean;
  readonly selected: boolean;
  readonly onSelect: (id: string, selected: boolean) => void;
};

/** The last beat of a live host is as of the answer it came with: it beats on between two answers. */
export function LastBeat({
  host,
  readAtMs,
  focusable,
}: {
  host: Host;
  readAtMs: number;
  focusable: boolean;
}) {
  const nowMs = useNowMs();
  if (host.lastSeenAt === null) return <span className="text-muted">–</span>;
  const fresh = host.state === 'up' && nowMs !== null && nowMs - readAtMs < FRESH_MS;
  const time = <RelativeTime atMs={host.lastSeenAt} focusable={focusable} />;
  return fresh ? <NowContext value={Math.max(readAtMs, host.lastSeenAt)}>{time}</NowContext> : time;
}

export const HostRow = memo(function HostRow({
  host: read,
  epoch,
  readAtMs,
  selectable,
  selected,
  onSelect,
}: HostRowProps) {
  const t = useTranslations('hosts');
  const words = useTranslations('alerts');
  const format = useFormatter();
  const host = useLiveHost(read, epoch);
  const silent = host.state === 'down' || host.state === 'late';
  const owed = silent ? Math.min(owedBeats(host.lastSeenAt, host.intervalMs, readAtMs), MAX_OWED_BEATS) : 0;
  const beats = sparkBeats(host.recentBeats, host.lossRatio, owed);
  const named = host.name !== host.id;
  return (
    <tr
      data-row={host.id}
      data-state={host.state}
      className={classNames(
        'row border-b border-line last:border-b-0 hover:bg-raised',
        selected && 'bg-raised shadow-[inset_3px_0_0_var(--color-accent)]',
        'max-sm:grid max-sm:h-auto max-sm:items-center max-sm:gap-x-2 max-sm:py-1.5 max-sm:pr-2',
        selectable
          ? 'max-sm:grid-cols-[auto_auto_minmax(0,1fr)_auto]'
          : 'max-sm:grid-cols-[auto_minmax(0,1fr)_auto] max-sm:pl-3',
      )}
    >
      {selectable ? (
        <td className="w-10 max-sm:row-span-2 max-sm:w-auto">
          <label className="flex h-[min(2.25rem,var(--row-h))] w-9 items-center justify-center max-sm:size-11">
            <input
              type="checkbox"
              className="choice"
              checked={selected}
              aria-label={t('selection.row', { host: host.name })}
              onChange={(event) => onSelect(host.id, event.target.checked)}
            />
          </label>
        </td>
      ) : null}
      <td className="px-2 max-sm:order-3 max-sm:px-0">
        <StateBadge kind={stateKindOf(host)} size="sm" className="align-middle sm:text-sm" />
        {host.flapping ? <span className="ml-2 text-xs text-muted">{t('flapping')}</span> : null}
      </td>
      <td className="px-2 max-sm:order-1 max-sm:col-span-2 max-sm:px-0">
        <AppLink
          href={`/hosts/${encodeURIComponent(host.name)}`}
          data-row-focus={host.id}
          title={named ? undefined : t('host.unnamed')}
          className={classNames(
            'inline-flex min-h-6 max-w-full items-center rounded-sm font-medium text-text underline-offset-2 hover:text-accent hover:underline',
            !named && 'font-mono text-xs text-muted',
          )}
        >
          <bdi className="truncate">{host.name}</bdi>
        </AppLink>
      </td>
      <td className="overflow-hidden px-2 max-sm:order-4 max-sm:px-0">
        <div className="max-sm:hidden">
          <HostLabels labels={host.labels} most={LABELS_SHOWN} />
        </div>
        <p className="truncate text-xs text-muted sm:hidden">
          {Object.entries(host.labels)
            .map(([key, value]) => `${key}:${value}`)
            .join('  ')}
        </p>
      </td>
      <td className="px-2 text-right text-sm max-sm:order-2 max-sm:px-0 max-sm:text-xs">
        <LastBeat host={host} readAtMs={readAtMs} focusable={false} />
      </td>
      <td className="px-2 text-right text-sm whitespace-nowrap text-muted max-xl:hidden">
        {spanWords(words, format, host.intervalMs)}
      </td>
      <td
        className={classNames(
          'px-2 text-right text-sm whitespace-nowrap max-lg:hidden',
          host.lossRatio !== null && host.lossRatio >= 0.1 ? 'font-medium text-late-text' : 'text-muted',
        )}
      >
        {host.lossRatio === null ? '–' : percentWords(words, format, 100 * host.lossRatio)}
      </td>
      <td className="w-40 px-2 max-xl:hidden max-sm:order-5 max-sm:block max-sm:w-auto max-sm:px-0">
        {beats ? (
          <BeatSpark
            beats={beats}
            label={t(owed > 0 ? 'spark.owed' : 'spark.label', {
              arrived: beats.arrived,
              expected: beats.expected,
            })}
            className="block max-sm:h-3 max-sm:w-24"
          />
        ) : (
          <span className="text-muted" title={t('spark.none')}>
            –
          </span>
        )}
      </td>
      <td className="px-2 text-right text-sm text-muted max-md:hidden">
        {host.state === read.state ? <RelativeTime atMs={host.changedAt} focusable={false} /> : null}
      </td>
    </tr>
  );
});
