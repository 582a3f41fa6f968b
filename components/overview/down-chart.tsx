'use client';

/** How many hosts were down or late over the last minutes. No animation: what moves here are the facts. */
import { memo } from 'react';
import { Area, AreaChart, Tooltip } from 'recharts';
import { useTranslations } from '@/components/i18n/language.ts';
import { StateShape } from '@/components/ui/state-shape.tsx';
import type { FleetSample } from '@/lib/protocol/api.ts';
import { axesOf, Bubble, Figure, MARGIN, sampleOf, useSampleWords } from './chart-parts.tsx';
import { CHART_HEIGHT_PX } from './charts-place.tsx';
import { summariseSamples, valueTicks } from './sample-window.ts';

export const DownChart = memo(function DownChart({ samples }: { samples: readonly FleetSample[] }) {
  const t = useTranslations('overview.charts');
  const state = useTranslations('common.state');
  const words = useSampleWords();
  const { time, timeWithSeconds, whole } = words;
  const summary = summariseSamples(samples);
  if (summary === null) return null;
  const said = t('downSummary', {
    down: summary.latest.down,
    late: summary.latest.late,
    time: timeWithSeconds(summary.latest.at),
    mostDown: summary.mostDown.down,
    mostDownTime: time(summary.mostDown.at),
    mostLate: summary.mostLate.late,
    mostLateTime: time(summary.mostLate.at),
  });
  return (
    <Figure title={t('downTitle')} summary={said}>
      {(width) => (
        <AreaChart
          width={width}
          height={CHART_HEIGHT_PX}
          data={[...samples]}
          margin={MARGIN}
          title={t('downTitle')}
          desc={said}
        >
          {axesOf(
            words,
            summary,
            width,
            valueTicks(Math.max(...samples.map((sample) => sample.down + sample.late))),
          )}
          <Area
            type="stepAfter"
            dataKey="down"
            stackId="fleet"
            stroke="var(--color-down)"
            fill="var(--color-down)"
            fillOpacity={0.55}
            strokeWidth={1.5}
            isAnimationActive={false}
          />
          <Area
            type="stepAfter"
            dataKey="late"
            stackId="fleet"
            // A line of its own would also run along the top where nobody is late.
            stroke="none"
            fill="var(--color-late)"
            fillOpacity={0.7}
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
                  lines={(['down', 'late', 'up'] as const).map((kind) => ({
                    mark: <StateShape kind={kind} size={11} />,
                    label: state(kind),
                    value: whole(sample[kind]),
                  }))}
                />
              );
            }}
          />
        </AreaChart>
      )}
    </Figure>
  );
});
