'use client';

/** How many hosts are in which state: each counter leads to the list of exactly those hosts. */
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { AppLink } from '@/components/ui/app-link.tsx';
import { classNames } from '@/components/ui/class-names.ts';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { STATE_TEXT_CLASS } from '@/components/ui/state-badge.tsx';
import { StateShape } from '@/components/ui/state-shape.tsx';
import type { StateKind } from '@/components/ui/tokens.ts';
import { useCounts } from '@/lib/client/use-live.ts';
import type { HostCounts } from '@/lib/protocol/host.ts';
import { unhandledOf } from '@/lib/protocol/host-counts.ts';
import { hostsPath } from './paths.ts';

type Counter = {
  readonly filter: string;
  readonly kind: StateKind;
  readonly count: (counts: HostCounts) => number;
  /** Shown only while there are any. */
  readonly rare?: true;
};

const COUNTERS: readonly Counter[] = [
  { filter: 'unhandled', kind: 'down', count: unhandledOf },
  { filter: 'acknowledged', kind: 'acknowledged', count: (counts) => counts.acknowledged },
  { filter: 'maintenance', kind: 'maintenance', count: (counts) => counts.maintenance },
  { filter: 'late', kind: 'late', count: (counts) => counts.late },
  { filter: 'up', kind: 'up', count: (counts) => counts.up },
  { filter: 'pending', kind: 'pending', count: (counts) => counts.pending, rare: true },
  { filter: 'left', kind: 'left', count: (counts) => counts.left, rare: true },
];

/** Those that ask for somebody stand out while there are any. */
const CALL_CLASS: Partial<Record<StateKind, string>> = {
  down: 'tint-down border-down/60',
  late: 'tint-late border-late/60',
};

export function StateCounters() {
  const t = useTranslations('overview.counters');
  const state = useTranslations('common.state');
  const help = useTranslations('common.stateHelp');
  const format = useFormatter();
  const counts = useCounts();
  return (
    <nav aria-label={t('label')}>
      <ul data-heard className="flex flex-wrap gap-2">
        {COUNTERS.map(({ filter, kind, count, rare }) => {
          const hosts = counts === null ? null : count(counts);
          if (rare && !hosts) return null;
          return (
            <li key={filter} className="flex-[1_1_6.5rem] sm:flex-[1_1_8.5rem]">
              <AppLink
                href={hostsPath(filter)}
                title={filter === 'unhandled' ? t('unhandledHelp') : help(kind)}
                data-motion
                data-counter={filter}
                className={classNames(
                  'flex h-full flex-col rounded-lg border px-2.5 py-1.5 sm:px-3 sm:py-2 no-underline hover:border-control hover:bg-raised',
                  (hosts && CALL_CLASS[kind]) || 'border-line bg-surface',
                )}
              >
                <span className="flex h-8 items-center gap-2">
                  <StateShape kind={kind} size={16} />
                  {hosts === null ? (
                    <Skeleton className="h-6 w-14" />
                  ) : (
                    <span
                      className={classNames(
                        'text-xl leading-8 font-semibold tabular-nums sm:text-2xl',
                        hosts === 0 ? 'text-muted' : STATE_TEXT_CLASS[kind],
                      )}
                    >
                      {format.number(hosts)}
                    </span>
                  )}
                </span>
                <span className="text-xs text-muted sm:text-sm">
                  {filter === 'unhandled' ? t('unhandled') : state(kind)}
                </span>
              </AppLink>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
