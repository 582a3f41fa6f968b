'use client';

/**
 * The drawing of the distribution alone. Loaded when the page stands already (recharts is large); sized by hand,
 * because a chart that measures itself draws once without a size. No animation: what moves here are the facts.
 */
import { useId } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { AXIS, useWidth } from '@/components/ui/chart.ts';
import type { Transport } from '@/lib/client/ladder.ts';
import { CHART_HEIGHT_PX } from './distribution-place.tsx';
import { type Distribution, type DistributionRow, decadeTicks, shareTicks } from './distribution-rows.ts';
import { LANE_DASHES, laneColour } from './lane-looks.ts';
import { LaneMark } from './lane-mark.tsx';
import { useFigureWords } from './use-figure-words.ts';

const MARGIN = { top: 18, right: 28, bottom: 18, left: 0 };
const LABEL = { fill: 'var(--color-muted)', fontSize: 12 } as const;

function Bubble({ row, transports }: { row: DistributionRow; transports: readonly Transport[] }) {
  const t = useTranslations('transports.chart');
  const transportWord = useTranslations('live.transport');
  const figures = useFigureWords();
  const from = figures.span(row.fromMs);
  const to = figures.span(row.toMs);
  return (
    <div className="rounded-md border border-control bg-raised px-2.5 py-1.5 text-xs shadow-pop">
      <p className="font-medium">
        {row.fromMs === 0
          ? t('bucketFirst', { to })
          : row.toMs === Number.POSITIVE_INFINITY
            ? t('bucketLast', { from })
            : t('bucket', { from, to })}
      </p>
      {transports.map((transport) => (
        <p key={transport} className="flex items-center gap-1.5">
          <LaneMark transport={transport} />
          <span className="text-muted">{transportWord(transport)}</span>
          <span className="ml-auto pl-3 font-medium tabular-nums">
            {figures.share(row.shares[transport] ?? 0)}
          </span>
        </p>
      ))}
    </div>
  );
}

export default function DistributionChart({
  distribution,
  transports,
  pollMs,
}: {
  distribution: Distribution;
  transports: readonly Transport[];
  /** Drawn as a line where polling is among the lanes. */
  pollMs: number | null;
}) {
  const t = useTranslations('transports.chart');
  const transportWord = useTranslations('live.transport');
  const format = useFormatter();
  const figures = useFigureWords();
  const [measure, width] = useWidth();
  const axisId = useId();
  const { fromMs, toMs, highestShare } = distribution;
  const rows = distribution.rows.filter(({ middleMs }) => middleMs >= fromMs && middleMs <= toMs);
  const ticks = shareTicks(highestShare);
  return (
    <figure className="m-0 min-w-0" aria-labelledby={axisId}>
      <div ref={measure} style={{ height: CHART_HEIGHT_PX }} className="w-full min-w-0">
        {width > 0 ? (
          <LineChart
            width={width}
            height={CHART_HEIGHT_PX}
            data={rows}
            margin={MARGIN}
            title={t('figure')}
            desc={t('hint')}
          >
            <CartesianGrid stroke="var(--color-line)" />
            <XAxis
              dataKey="middleMs"
              type="number"
              scale="log"
              domain={[fromMs, toMs]}
              ticks={decadeTicks(fromMs, toMs)}
              tickFormatter={(ms: number) => format.number(ms)}
              tickLine={false}
              interval={0}
              allowDataOverflow
              {...AXIS}
            />
            <YAxis
              width={44}
              domain={[0, ticks.at(-1)!]}
              ticks={ticks}
              tickFormatter={figures.share}
              tickLine={false}
              axisLine={false}
              interval={0}
              {...AXIS}
            />
            {pollMs !== null && pollMs > fromMs && pollMs < toMs ? (
              <ReferenceLine
                x={pollMs}
                stroke="var(--color-control)"
                label={{ ...LABEL, value: t('interval'), position: 'top' }}
              />
            ) : null}
            {transports.map((transport) => (
              <Line
                key={transport}
                type="step"
                dataKey={(row: DistributionRow) => row.shares[transport] ?? 0}
                name={transportWord(transport)}
                stroke={laneColour(transport)}
                strokeDasharray={LANE_DASHES[transport]}
                strokeWidth={2}
                dot={false}
                activeDot={false}
                isAnimationActive={false}
              />
            ))}
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--color-control)' }}
              content={({ active, payload }) => {
                const row = active ? (payload?.[0]?.payload as DistributionRow | undefined) : undefined;
                return row === undefined ? null : <Bubble row={row} transports={transports} />;
              }}
            />
          </LineChart>
        ) : null}
      </div>
      <figcaption id={axisId} className="-mt-4 text-center text-xs text-muted">
        {t('axis')}
      </figcaption>
    </figure>
  );
}
