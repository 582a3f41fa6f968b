'use client';

/** How many heartbeats a second came over the last minutes. No animation: what moves here are the facts. */
import { memo } from 'react';
import { Area, AreaChart, Tooltip } from 'recharts';
import { useTranslations } from '@/components/i18n/language.ts';
import type { FleetSample } from '@/lib/protocol/api.ts';
import { axesOf, Bubble, Figure, MARGIN, sampleOf, useSampleWords } from './chart-parts.tsx';
import { CHART_HEIGHT_PX } from './charts-place.tsx';
import { summariseSamples, valueTicks } from './sample-window.ts';

export const RateChart = memo(function RateChart({ samples }: { samples: readonly FleetSample[] }) {
  const t = useTranslations('overview.charts');
  const words = useSampleWords();
  const { time, timeWithSeconds, compact } = words;
  const summary = summariseSamples(samples);
  if (summary === null) return null;
  const said = t('rateSummary', {
    rate: Math.round(summary.latest.heartbeatsPerSecond),
    time: timeWithSeconds(summary.latest.at),
    low: Math.round(summary.lowestRate.heartbeatsPerSecond),
    high: Math.round(summary.highestRate.heartbeatsPerSecond),
    from: time(summary.fromAt),
  });
  return (
    <Figure title={t('rateTitle')} summary={said}>
      {(width) => (
        <AreaChart
          width={width}
          height={CHART_HEIGHT_PX}
          data={[...samples]}
          margin={MARGIN}
          title={t('rateTitle')}
          desc={said}
        >
          {axesOf(words, summary, width, valueTicks(summary.highestRate.heartbeatsPerSecond))}
          <Area
            type="linear"
            dataKey="heartbeatsPerSecond"
            stroke="var(--color-accent)"
            fill="var(--color-accent)"
            fillOpacity={0.14}
            strokeWidth={1.75}
            isAnimationActive={false}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--color-control)' }}
            content={(props) => {
              const sample = sampleOf(props);
              return sample === null ? null : (
                <Bubble
                  time={timeWithSeconds(sample.at)}
                  lines={[
                    { label: t('beats'), value: compact(sample.heartbeatsPerSecond) },
                    { label: t('changes'), value: compact(sample.changesPerSecond) },
                  ]}
                />
              );
            }}
          />
        </AreaChart>
      )}
    </Figure>
  );
});
