'use client';

/** A timeline as a table, newest first, made when it is opened: for whoever reads rather than looks. */
import { useState } from 'react';
import type { HostTimeline } from '@/lib/protocol/api.ts';
import { useTranslations } from '../i18n/language.ts';
import { useBucketWords } from './bucket-words.ts';

export function TimelineTable({ timeline }: { timeline: HostTimeline }) {
  const t = useTranslations('hosts.timeline');
  const words = useBucketWords(timeline);
  const [open, setOpen] = useState(false);
  return (
    <details className="mt-3 text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="min-h-6 cursor-pointer rounded-sm text-muted hover:text-text">{t('table')}</summary>
      {open ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
        <section className="mt-2 max-h-80 overflow-auto" tabIndex={0} aria-label={t('caption')}>
          <table className="w-full">
            <caption className="sr-only">{t('caption')}</caption>
            <thead className="text-left text-xs text-muted">
              <tr>
                <th scope="col" className="py-1 pr-4 font-medium">
                  {t('when')}
                </th>
                <th scope="col" className="py-1 font-medium">
                  {t('held')}
                </th>
              </tr>
            </thead>
            <tbody>
              {timeline.buckets
                .map((bucket, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a stretch is nothing but its place.
                  <tr key={index} className="border-t border-line align-baseline">
                    <th scope="row" className="py-1 pr-4 text-left font-normal whitespace-nowrap">
                      {words.span(index)}
                    </th>
                    <td className="py-1">{words.held(bucket)}</td>
                  </tr>
                ))
                .toReversed()}
            </tbody>
          </table>
        </section>
      ) : null}
    </details>
  );
}
