'use client';

/**
 * How the latencies are spread: in words, as a drawing, and in a table. Renewed once a second: drawing it at each
 * change of a figure would take time from the very lanes it measures.
 */
import { useEffect, useRef, useState } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { useSettled } from '@/components/live/settled.ts';
import { optional } from '@/components/ui/optional.ts';
import { Panel } from '@/components/ui/panel.tsx';
import type { ClockReading, Lane } from '@/lib/client/comparison/comparison-state.ts';
import { DistributionPlace, EmptyDistribution } from './distribution-place.tsx';
import { distributionOf, sharesBelow, TABLE_EDGES_MS } from './distribution-rows.ts';
import { LaneMark } from './lane-mark.tsx';
import { useFigureWords } from './use-figure-words.ts';

const DistributionChart = optional(() => import('./distribution-chart.tsx'), <DistributionPlace />);

const RENEW_MS = 1_000;

function useEachSecond<T>(value: T): T {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  useEffect(() => {
    newest.current = value;
  });
  useEffect(() => {
    const timer = setInterval(() => setShown(newest.current), RENEW_MS);
    return () => clearInterval(timer);
  }, []);
  return shown;
}

export function DistributionPanel({
  lanes: newest,
  clock,
  pollMs,
}: {
  lanes: readonly Lane[];
  clock: ClockReading | null;
  pollMs: number;
}) {
  const t = useTranslations('transports.chart');
  const transportWord = useTranslations('live.transport');
  const figures = useFigureWords();
  const settled = useSettled();
  const lanes = useEachSecond(newest);
  const distribution = distributionOf(lanes);
  const measured = lanes.filter(({ applied }) => applied !== null);
  const plusMinusMs = clock?.plusMinusMs ?? null;

  return (
    <Panel title={t('title')} hint={t('hint')}>
      <ul aria-label={t('legend')} className="mb-2 grid gap-x-6 text-xs sm:grid-cols-2">
        {measured.map(({ transport, applied }) => (
          <li key={transport} className="flex items-baseline gap-2">
            <LaneMark transport={transport} className="shrink-0" />
            <span>
              {t('laneSummary', {
                transport: transportWord(transport),
                p50: figures.latency(applied!.p50, plusMinusMs) ?? '',
                p95: figures.latency(applied!.p95, plusMinusMs) ?? '',
              })}
            </span>
          </li>
        ))}
      </ul>
      {distribution === null ? (
        <EmptyDistribution />
      ) : settled ? (
        <DistributionChart
          distribution={distribution}
          transports={measured.map(({ transport }) => transport)}
          pollMs={measured.some(({ transport }) => transport === 'polling') ? pollMs : null}
        />
      ) : (
        <DistributionPlace />
      )}
      {measured.length === 0 ? null : (
        <details className="mt-2 text-sm">
          <summary className="min-h-6 w-fit rounded-sm text-muted hover:text-text">{t('numbers')}</summary>
          <div className="mt-2 overflow-x-auto">
            <table className="w-full max-w-2xl text-right text-xs tabular-nums">
              <thead className="text-muted">
                <tr>
                  <th scope="col" className="py-1 text-left font-medium">
                    {t('transport')}
                  </th>
                  {TABLE_EDGES_MS.map((edgeMs) => (
                    <th key={edgeMs} scope="col" className="py-1 pl-4 font-medium whitespace-nowrap">
                      {t('below', { span: figures.span(edgeMs) })}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {measured.map(({ transport, distribution: counts }) => (
                  <tr key={transport} className="border-t border-line">
                    <th scope="row" className="py-1 text-left font-normal whitespace-nowrap">
                      {transportWord(transport)}
                    </th>
                    {(sharesBelow(counts) ?? []).map((share, index) => (
                      <td key={TABLE_EDGES_MS[index]} className="pl-4">
                        {figures.share(share)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </Panel>
  );
}
