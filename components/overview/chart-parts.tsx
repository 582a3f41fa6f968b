'use client';

/** What the charts of the fleet share: a titled figure that says itself in numbers, axes of time and number, the bubble. */
import { type ReactNode, useId } from 'react';
import { CartesianGrid, type TooltipContentProps, XAxis, YAxis } from 'recharts';
import { useFormatter } from '@/components/i18n/language.ts';
import { AXIS, useWidth } from '@/components/ui/chart.ts';
import type { FleetSample } from '@/lib/protocol/api.ts';
import { CHART_HEIGHT_PX } from './charts-place.tsx';
import { minuteTicks, type SampleSummary } from './sample-window.ts';

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const TIME_WITH_SECONDS = { ...TIME, second: '2-digit' } as const;
export const MARGIN = { top: 8, right: 20, bottom: 0, left: 0 };

/** Samples in words: instants to the minute and to the second, numbers whole and short. */
export function useSampleWords() {
  const format = useFormatter();
  return {
    time: (atMs: number): string => format.dateTime(atMs, TIME),
    timeWithSeconds: (atMs: number): string => format.dateTime(atMs, TIME_WITH_SECONDS),
    compact: (value: number): string =>
      format.number(value, value < 10_000 ? { maximumFractionDigits: 1 } : { notation: 'compact' }),
    whole: (value: number): string => format.number(Math.round(value)),
  };
}

/** A chart's title, what it says in numbers, and the drawing. */
export function Figure({
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

export function Bubble({
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

export function sampleOf({ active, payload }: Partial<TooltipContentProps>): FleetSample | null {
  return active ? ((payload?.[0]?.payload as FleetSample | undefined) ?? null) : null;
}

/** Minutes below, `ticks` at the left. As a list: recharts wants them as its chart's own children. */
export function axesOf(
  { time, compact }: ReturnType<typeof useSampleWords>,
  { fromAt, latest }: SampleSummary,
  width: number,
  ticks: number[],
): ReactNode[] {
  return [
    <CartesianGrid key="grid" vertical={false} stroke="var(--color-line)" />,
    <XAxis
      key="x"
      dataKey="at"
      type="number"
      domain={['dataMin', 'dataMax']}
      ticks={minuteTicks(fromAt, latest.at, Math.max(2, Math.floor(width / 56)))}
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
}
