'use client';

/** The numbers behind the charts, one line a minute, for those who ask for them. */
import { useTranslations } from '@/components/i18n/language.ts';
import type { FleetSample } from '@/lib/protocol/api.ts';
import { useSampleWords } from './chart-parts.tsx';
import { minuteRows } from './sample-window.ts';

export function SamplesTable({ samples }: { samples: readonly FleetSample[] }) {
  const t = useTranslations('overview.charts');
  const state = useTranslations('common.state');
  const { timeWithSeconds, compact, whole } = useSampleWords();
  return (
    <details className="mt-3 text-sm">
      <summary className="min-h-6 w-fit rounded-sm text-muted hover:text-text">{t('numbers')}</summary>
      <div className="mt-2 overflow-x-auto">
        <table className="w-full max-w-2xl text-right text-xs tabular-nums">
          <thead className="text-muted">
            <tr>
              <th scope="col" className="py-1 text-left font-medium">
                {t('time')}
              </th>
              {(['down', 'late', 'up'] as const).map((kind) => (
                <th key={kind} scope="col" className="py-1 pl-4 font-medium">
                  {state(kind)}
                </th>
              ))}
              <th scope="col" className="py-1 pl-4 font-medium">
                {t('beats')}
              </th>
              <th scope="col" className="py-1 pl-4 font-medium">
                {t('changes')}
              </th>
            </tr>
          </thead>
          <tbody>
            {minuteRows(samples).map((sample) => (
              <tr key={sample.at} className="border-t border-line">
                <th scope="row" className="py-1 text-left font-normal">
                  {timeWithSeconds(sample.at)}
                </th>
                <td>{whole(sample.down)}</td>
                <td>{whole(sample.late)}</td>
                <td>{whole(sample.up)}</td>
                <td>{compact(sample.heartbeatsPerSecond)}</td>
                <td>{compact(sample.changesPerSecond)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
