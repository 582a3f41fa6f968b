'use client';

/** One lane: what it is, how its link stands, its hosts as it sees them, and how late it is. */
import type { ReactNode } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { Button, TextLink } from '@/components/ui/button.tsx';
import { classNames } from '@/components/ui/class-names.ts';
import { Notice } from '@/components/ui/notice.tsx';
import type {
  ClockReading,
  Comparison,
  ComparisonState,
  Lane,
  Quantiles,
} from '@/lib/client/comparison/comparison-state.ts';
import type { Transport } from '@/lib/client/ladder.ts';
import { useLive, useLiveHandle } from '@/lib/client/use-live.ts';
import { laneColour } from './lane-looks.ts';
import { LaneMark } from './lane-mark.tsx';
import { LaneMeasures } from './lane-measures.tsx';
import { LaneStatus } from './lane-status.tsx';
import { LaneStrip } from './lane-strip.tsx';
import { barShare } from './measures.ts';
import { Nothing } from './nothing.tsx';
import { useFigureWords } from './use-figure-words.ts';

const QUANTILES = ['p50', 'p95', 'p99'] as const;

function LatencyRow({
  name,
  quantiles,
  clock,
  large,
}: {
  name: string;
  quantiles: Quantiles | null;
  clock: ClockReading | null;
  large: boolean;
}) {
  const t = useTranslations('transports.table');
  const figures = useFigureWords();
  return (
    <tr>
      <th scope="row" className="pr-2 text-left text-xs font-normal text-muted">
        {name}
      </th>
      {QUANTILES.map((quantile) => {
        const words = figures.latency(quantiles?.[quantile] ?? null, clock?.plusMinusMs ?? null);
        return (
          <td
            key={quantile}
            data-quantile={quantile}
            className={classNames(
              'pl-1.5 text-right whitespace-nowrap tabular-nums',
              large && quantile === 'p50'
                ? 'text-lg font-semibold max-[22rem]:text-sm'
                : 'text-sm max-[22rem]:text-xs',
            )}
          >
            {words ?? <Nothing words={t('none')} />}
          </td>
        );
      })}
    </tr>
  );
}

/** Painted latency beside the slowest lane's p95. */
function RangeBar({
  transport,
  painted,
  slowestMs,
}: {
  transport: Transport;
  painted: Quantiles | null;
  slowestMs: number;
}) {
  const t = useTranslations('transports.lane');
  const width = (ms: number): string => `max(2px, ${100 * (barShare(ms, [slowestMs]) ?? 0)}%)`;
  return (
    <div title={t('range')} aria-hidden className="relative h-1.5 rounded-full bg-line">
      {painted === null ? null : (
        <>
          <span
            className="absolute inset-y-0 left-0 rounded-full opacity-40"
            style={{ width: width(painted.p95), background: laneColour(transport) }}
          />
          <span
            className="absolute inset-y-0 left-0 rounded-full"
            style={{ width: width(painted.p50), background: laneColour(transport) }}
          />
        </>
      )}
    </div>
  );
}

function UseForApp({ transport, name }: { transport: Transport; name: string }) {
  const t = useTranslations('transports.lane');
  const live = useLiveHandle();
  const mode = useLive((state) => state.link.mode);
  const inUse = useLive((state) => state.link.transport);
  if (mode === transport || (mode === 'auto' && inUse === transport)) {
    return (
      <p className="flex min-h-(--control-h) flex-wrap items-center gap-x-2 text-xs text-muted">
        {mode === transport ? t('used') : t('usedAuto')}
        <TextLink href="/settings" className="inline-flex min-h-6 items-center">
          {t('settings')}
        </TextLink>
      </p>
    );
  }
  return (
    <Button
      aria-label={t('useLong', { transport: name })}
      onClick={() => live.setMode(transport)}
      className="text-xs"
    >
      {t('use')}
    </Button>
  );
}

function Header({
  transport,
  name,
  how,
  status,
}: {
  transport: Transport;
  name: string;
  how: string;
  status: ReactNode;
}) {
  return (
    <header>
      <div className="flex items-center justify-between gap-2">
        <h3 className="flex min-w-0 items-center gap-2 text-base">
          <LaneMark transport={transport} className="shrink-0" />
          <span className="truncate">{name}</span>
        </h3>
        {status}
      </div>
      <p className="text-xs text-muted">{how}</p>
    </header>
  );
}

export function LaneCard({
  transport,
  how,
  lane,
  comparison,
  phase,
  clock,
  slowestMs,
}: {
  transport: Transport;
  how: string;
  /** null before there is a comparison. */
  lane: Lane | null;
  comparison: Comparison | null;
  phase: ComparisonState['phase'];
  clock: ClockReading | null;
  /** The largest painted p95 of all lanes. */
  slowestMs: number;
}) {
  const t = useTranslations('transports');
  const name = useTranslations('live.transport')(transport);
  const figures = useFigureWords();
  const painted = lane?.painted ?? null;
  const barred = phase === 'running' ? (lane?.bar ?? null) : null;
  return (
    <article
      data-lane={transport}
      data-samples={lane?.samples ?? 0}
      className="flex min-w-0 flex-col gap-2.5 rounded-lg border border-line bg-surface p-3"
    >
      <Header transport={transport} name={name} how={how} status={<LaneStatus lane={lane} />} />
      <LaneStrip comparison={comparison} transport={transport} name={name} still={phase !== 'running'} />
      <table className="w-full">
        <caption className="sr-only">{t('table.groups.painted')}</caption>
        <thead>
          <tr className="text-right text-xs text-muted">
            <td />
            {QUANTILES.map((quantile) => (
              <th key={quantile} scope="col" className="pl-2 font-normal">
                {t(`lane.${quantile}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <LatencyRow name={t('lane.painted')} quantiles={painted} clock={clock} large />
          <LatencyRow
            name={t('lane.applied')}
            quantiles={lane?.applied ?? null}
            clock={clock}
            large={false}
          />
        </tbody>
      </table>
      <RangeBar transport={transport} painted={painted} slowestMs={slowestMs} />
      <p className="flex flex-wrap justify-between gap-x-3 text-xs text-muted tabular-nums">
        <span>{t('lane.samples', { count: lane?.samples ?? 0 })}</span>
        {barred !== null && barred !== 'lease' ? (
          <span data-bar={barred}>{t(`bar.${barred}`)}</span>
        ) : clock !== null && painted !== null ? (
          <span>{t('lane.plusMinus', { plusMinus: figures.plusMinus(clock.plusMinusMs) })}</span>
        ) : null}
      </p>
      {barred === 'lease' ? (
        <Notice tone="warning" className="text-xs">
          <p data-bar={barred}>{t('bar.lease')}</p>
        </Notice>
      ) : null}
      {phase === 'idle' || lane === null ? null : <LaneMeasures lane={lane} clock={clock} />}
      <div className="mt-auto border-t border-line pt-1.5">
        <UseForApp transport={transport} name={name} />
      </div>
    </article>
  );
}
