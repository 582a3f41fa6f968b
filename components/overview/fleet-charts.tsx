'use client';

/**
 * The last minutes as two charts. Loaded when the page stands already (recharts is large); sized by hand, because
 * a chart that measures itself draws once without a size. No animation: what moves here are the facts.
 */
import { type ReactNode, useId } from 'react';
import { Area, AreaChart, CartesianGrid, Tooltip, type TooltipContentProps, XAxis, YAxis } from 'recharts';
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { AXIS, useWidth } from '@/components/ui/chart.ts';
import { Panel } from '@/components/ui/panel.tsx';
import { StateShape } from '@/components/ui/state-shape.tsx';
import { useLink } from '@/lib/client/use-live.ts';
import type { FleetSample } from '@/lib/protocol/api.ts';
import { CHART_HEIGHT_PX, ChartsPlace } from './charts-place.tsx';
import {
  minuteRows,
  minuteTicks,
  type SampleSummary,
  summariseSamples,
  valueTicks,
} from './sample-window.ts';
import { useSamples } from './use-samples.ts';

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const TIME_WITH_SECONDS = { ...TIME, second: '2-digit' } as const;
const MARGIN = { top: 8, right: 20, bottom: 0, left: 0 };

/** A chart's title, what it says in numbers, and the drawing. */
function Figure({
  title,
  summary,
  children,
}: {
  title: string;
  summary: string;
  children: (width: number) => ReactNode;
}) {
  const [measure, width] = useWidth();
  const titleId = useId();
  const summaryId = useId();
  return (
    <figure aria-labelledby={titleId} aria-describedby={summaryId} className="m-0 min-w-0">
      <figcaption className="mb-1">
        <h3 id={titleId} className="text-sm">
          {title}
        </h3>
        <p id={summaryId} className="min-h-8 text-xs text-muted">
          {summary}
        </p>
      </figcaption>
      <div ref={measure} style={{ height: CHART_HEIGHT_PX }} className="w-full min-w-0">
        {width > 0 ? children(width) : null}
      </div>
    </figure>
  );
}

function Bubble({
  time,
  lines,
}: {
  time: string;
  lines: readonly { mark?: ReactNode; label: string; value: string }[];
}) {
  return (
    <div className="rounded-md border border-control bg-raised px-2.5 py-1.5 text-xs shadow-pop">
      <p className="font-medium">{time}</p>
      {lines.map(({ mark, label, value }) => (
        <p key={label} className="flex items-center gap-1.5">
          {mark}
          <span className="text-muted">{label}</span>
          <span className="ml-auto pl-3 font-medium tabular-nums">{value}</span>
        </p>
      ))}
    </div>
  );
}

function sampleOf({ active, payload }: Partial<TooltipContentProps>): FleetSample | null {
  return active ? ((payload?.[0]?.payload as FleetSample | undefined) ?? null) : null;
}

export default function FleetCharts() {
  const t = useTranslations('overview.charts');
  const state = useTranslations('common.state');
  const format = useFormatter();
  const { samples, failed, asked } = useSamples(useLink().status === 'paused');
  const summary = summariseSamples(samples);

  const time = (atMs: number): string => format.dateTime(atMs, TIME);
  const timeWithSeconds = (atMs: number): string => format.dateTime(atMs, TIME_WITH_SECONDS);
  const compact = (value: number): string =>
    format.number(value, value < 10_000 ? { maximumFractionDigits: 1 } : { notation: 'compact' });
  const whole = (value: number): string => format.number(Math.round(value));

  if (summary === null || samples.length < 2) {
    return <ChartsPlace message={failed ? t('failed') : asked ? t('collecting') : undefined} />;
  }

  const downWords = (from: SampleSummary): string =>
    t('downSummary', {
      down: from.latest.down,
      late: from.latest.late,
      time: timeWithSeconds(from.latest.at),
      mostDown: from.mostDown.down,
      mostDownTime: time(from.mostDown.at),
      mostLate: from.mostLate.late,
      mostLateTime: time(from.mostLate.at),
    });
  const rateWords = (from: SampleSummary): string =>
    t('rateSummary', {
      rate: Math.round(from.latest.heartbeatsPerSecond),
      time: timeWithSeconds(from.latest.at),
      low: Math.round(from.lowestRate.heartbeatsPerSecond),
      high: Math.round(from.highestRate.heartbeatsPerSecond),
      from: time(from.fromAt),
    });

  const data = [...samples];
  const axes = (width: number, ticks: number[]): ReactNode[] => [
    <CartesianGrid key="grid" vertical={false} stroke="var(--color-line)" />,
    <XAxis
      key="x"
      dataKey="at"
      type="number"
      domain={['dataMin', 'dataMax']}
      ticks={minuteTicks(summary.fromAt, summary.latest.at, Math.max(2, Math.floor(width / 56)))}
      tickFormatter={time}
      tickLine={false}
      interval={0}
      {...AXIS}
    />,
    <YAxis
      key="y"
      width={48}
      allowDecimals={false}
      domain={[0, ticks.at(-1)!]}
      ticks={ticks}
      tickFormatter={compact}
      tickLine={false}
      axisLine={false}
      interval={0}
      {...AXIS}
    />,
  ];

  return (
    <Panel title={t('title')} hint={failed ? t('failed') : undefined}>
      <div className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
        <Figure title={t('downTitle')} summary={downWords(summary)}>
          {(width) => (
            <AreaChart
              width={width}
              height={CHART_HEIGHT_PX}
              data={data}
              margin={MARGIN}
              title={t('downTitle')}
              desc={downWords(summary)}
            >
              {axes(width, valueTicks(Math.max(...samples.map((sample) => sample.down + sample.late))))}
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
        <Figure title={t('rateTitle')} summary={rateWords(summary)}>
          {(width) => (
            <AreaChart
              width={width}
              height={CHART_HEIGHT_PX}
              data={data}
              margin={MARGIN}
              title={t('rateTitle')}
              desc={rateWords(summary)}
            >
              {axes(width, valueTicks(summary.highestRate.heartbeatsPerSecond))}
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
      </div>
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
    </Panel>
  );
}
