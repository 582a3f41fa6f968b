'use client';

/** The room the charts take, before they have come or while there is nothing to draw: so that nothing jumps. */
import { useTranslations } from '@/components/i18n/language.ts';
import { Panel } from '@/components/ui/panel.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';

export const CHART_HEIGHT_PX = 168;

export function ChartPlace({ busy }: { busy: boolean }) {
  return (
    <div>
      <div className="mb-1 h-13 pt-0.5">{busy ? <Skeleton className="w-40" /> : null}</div>
      <div style={{ height: CHART_HEIGHT_PX }}>{busy ? <Skeleton className="h-full" /> : null}</div>
    </div>
  );
}

/** With a message nothing is on its way: it says why. */
export function ChartsPlace({ message }: { message?: string }) {
  const t = useTranslations('overview.charts');
  const busy = message === undefined;
  return (
    <Panel title={t('title')} bodyClassName="relative p-4">
      <p role="status" className="absolute text-sm text-muted">
        {message}
      </p>
      <div className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
        <ChartPlace busy={busy} />
        <ChartPlace busy={busy} />
      </div>
      <div className="mt-3 h-6" />
    </Panel>
  );
}
