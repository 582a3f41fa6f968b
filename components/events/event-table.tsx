'use client';

/** The fleet's transitions as a table, newest first; two lines each on a phone. */
import type { HostEvent } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import { EVENT_SHAPE, useEventWords } from '../live/event-words.ts';
import { AppLink } from '../ui/app-link.tsx';
import { classNames } from '../ui/class-names.ts';
import { RelativeTime } from '../ui/relative-time.tsx';
import { StateShape } from '../ui/state-shape.tsx';
import { eventKeys } from './event-news.ts';

export function EventTable({ events }: { events: readonly HostEvent[] }) {
  const t = useTranslations('events');
  const words = useEventWords();
  const keys = eventKeys(events);
  return (
    <table className="w-full max-sm:block sm:table-fixed">
      <caption className="sr-only">{t('caption')}</caption>
      <thead className="border-b border-line text-left text-xs whitespace-nowrap text-muted max-sm:sr-only">
        <tr className="h-9">
          <th scope="col" className="w-32 px-3 font-medium">
            {t('column.when')}
          </th>
          <th scope="col" className="w-[24%] px-2 font-medium">
            {t('column.host')}
          </th>
          <th scope="col" className="px-2 font-medium">
            {t('column.what')}
          </th>
        </tr>
      </thead>
      <tbody className="max-sm:block">
        {events.map((event, index) => {
          const why = words.why(event);
          const key = keys[index]!;
          return (
            <tr
              key={key}
              data-row={key}
              data-kind={event.kind}
              className="row border-b border-line align-baseline last:border-b-0 hover:bg-raised max-sm:grid max-sm:h-auto max-sm:grid-cols-[minmax(0,1fr)_auto] max-sm:gap-x-2 max-sm:px-3 max-sm:py-1.5"
            >
              <td className="px-3 py-1 text-sm text-muted max-sm:order-2 max-sm:p-0 max-sm:text-xs max-sm:leading-6">
                <RelativeTime atMs={event.at} focusable={false} />
              </td>
              <td className="px-2 py-1 max-sm:order-1 max-sm:p-0">
                <AppLink
                  href={`/hosts/${encodeURIComponent(event.host)}`}
                  data-row-focus={key}
                  className="inline-flex min-h-6 max-w-full items-center rounded-sm font-medium text-text underline-offset-2 hover:text-accent hover:underline"
                >
                  <bdi className="truncate">{event.host}</bdi>
                </AppLink>
              </td>
              <td className="px-2 py-1 text-sm max-sm:order-3 max-sm:col-span-2 max-sm:p-0">
                <div className="flex items-baseline gap-2">
                  <StateShape kind={EVENT_SHAPE[event.kind]} size={13} className="translate-y-px" />
                  <div className="min-w-0">
                    <p className="font-medium wrap-anywhere first-letter:uppercase">{words.what(event)}</p>
                    {why ? (
                      <p
                        dir={why.people ? 'auto' : undefined}
                        className={classNames(
                          'line-clamp-3 wrap-anywhere text-muted',
                          !why.people && 'first-letter:uppercase',
                        )}
                        title={why.people ? why.text : undefined}
                      >
                        {why.text}
                      </p>
                    ) : null}
                  </div>
                </div>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
