'use client';

/** The table of hosts itself: headers that sort, rows in the order they are given, a skeleton of them. */
import { useEffect, useState } from 'react';
import type { HostSort } from '@/lib/protocol/api.ts';
import type { Host } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import { classNames } from '../ui/class-names.ts';
import { ArrowDown, ArrowUp } from '../ui/icons.tsx';
import { goTo } from '../ui/list/use-address.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { type HostQuery, hostsAddress, toggledSort, withFilter } from './host-query.ts';
import { HostRow } from './host-row.tsx';

type SortColumn = 'state' | 'name' | 'lastSeenAt' | 'lossRatio' | 'changedAt';
/** The order a first click gives: what one looks for in that column. */
const FIRST_SORT: Readonly<Record<SortColumn, HostSort>> = {
  state: 'state',
  name: 'name',
  lastSeenAt: 'lastSeenAt',
  lossRatio: '-lossRatio',
  changedAt: '-changedAt',
};

function SortHeader({
  column,
  query,
  className,
}: {
  column: SortColumn;
  query: HostQuery;
  className?: string;
}) {
  const t = useTranslations('hosts');
  const sorted = query.sort.replace('-', '') === column;
  const descending = query.sort.startsWith('-');
  const Arrow = descending ? ArrowDown : ArrowUp;
  const word = t(`column.${column}`);
  return (
    <th
      scope="col"
      aria-sort={sorted ? (descending ? 'descending' : 'ascending') : undefined}
      className={classNames('px-1 font-medium', className)}
    >
      <button
        type="button"
        title={t('sort.by', { column: word })}
        onClick={() =>
          goTo(hostsAddress(withFilter(query, { sort: toggledSort(query.sort, FIRST_SORT[column]) })))
        }
        className={classNames(
          'inline-flex min-h-7 items-center gap-1 rounded-sm px-1 hover:text-text',
          sorted && 'text-text',
        )}
      >
        {word}
        {sorted ? <Arrow size={13} aria-hidden /> : null}
      </button>
    </th>
  );
}

/** More than most screens show. A whole page of rows in one frame would hold it up for longer than 50 ms. */
const FIRST_ROWS = 40;

/** False until the first frame with the table is on the screen. */
function useSeen(): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => setSeen(true));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, []);
  return seen;
}

export function HostTable({
  query,
  hosts,
  epoch,
  readAtMs,
  selection,
  selectable,
  onSelect,
  onSelectAll,
}: {
  query: HostQuery;
  hosts: readonly Host[];
  epoch: string;
  readAtMs: number;
  selection: ReadonlySet<string>;
  /** Whether this reader may do anything with a selection. */
  selectable: boolean;
  onSelect: (id: string, selected: boolean) => void;
  onSelectAll: (selected: boolean) => void;
}) {
  const t = useTranslations('hosts');
  const seen = useSeen();
  const chosen = hosts.filter((host) => selection.has(host.id)).length;
  return (
    <table data-heard className="w-full max-sm:block sm:min-w-152 sm:table-fixed">
      <caption className="sr-only">{t('caption')}</caption>
      <thead className="border-b border-line text-left text-xs whitespace-nowrap text-muted max-sm:sr-only">
        <tr>
          {selectable ? (
            <th scope="col" className="w-10">
              <label className="flex size-9 items-center justify-center">
                <input
                  type="checkbox"
                  className="choice"
                  aria-label={t('selection.all')}
                  checked={chosen > 0 && chosen === hosts.length}
                  ref={(box) => {
                    if (box) box.indeterminate = chosen > 0 && chosen < hosts.length;
                  }}
                  onChange={(event) => onSelectAll(event.target.checked)}
                />
              </label>
            </th>
          ) : null}
          <SortHeader column="state" query={query} className="w-36" />
          <SortHeader column="name" query={query} className="w-[22%] max-lg:w-[30%]" />
          <th scope="col" className="px-2 font-medium">
            {t('column.labels')}
          </th>
          <SortHeader column="lastSeenAt" query={query} className="w-28 text-right" />
          <th scope="col" className="w-20 px-2 text-right font-medium max-xl:hidden">
            {t('column.interval')}
          </th>
          <SortHeader column="lossRatio" query={query} className="w-18 text-right max-lg:hidden" />
          <th scope="col" className="w-40 px-2 font-medium max-xl:hidden">
            {t('column.beats')}
          </th>
          <SortHeader column="changedAt" query={query} className="w-28 text-right max-md:hidden" />
        </tr>
      </thead>
      <tbody className="max-sm:block">
        {(seen ? hosts : hosts.slice(0, FIRST_ROWS)).map((host) => (
          <HostRow
            key={host.id}
            host={host}
            epoch={epoch}
            readAtMs={readAtMs}
            selectable={selectable}
            selected={selection.has(host.id)}
            onSelect={onSelect}
          />
        ))}
      </tbody>
    </table>
  );
}

const SKELETON_ROWS = ['w-40', 'w-52', 'w-36', 'w-48', 'w-44', 'w-56', 'w-40', 'w-48'];

export function HostTableSkeleton() {
  return (
    <div aria-hidden className="divide-y divide-line">
      {SKELETON_ROWS.map((width, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these rows are nothing but their place.
        <div key={index} className="row flex items-center gap-4 px-4">
          <Skeleton className="w-16" />
          <Skeleton className={width} />
          <Skeleton className="w-24 max-sm:hidden" />
          <Skeleton className="ml-auto w-20" />
        </div>
      ))}
    </div>
  );
}
