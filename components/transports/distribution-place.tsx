'use client';

/** The room the distribution takes, before its drawing has come or while there is nothing to draw. */
import { useTranslations } from '@/components/i18n/language.ts';
import { Skeleton } from '@/components/ui/skeleton.tsx';

export const CHART_HEIGHT_PX = 240;

export function DistributionPlace({ message }: { message?: string }) {
  return (
    <div style={{ height: CHART_HEIGHT_PX }} className="flex items-center justify-center">
      {message === undefined ? (
        <Skeleton className="h-full w-full" />
      ) : (
        <p className="text-sm text-muted">{message}</p>
      )}
    </div>
  );
}

export function EmptyDistribution() {
  const t = useTranslations('transports.chart');
  return <DistributionPlace message={t('empty')} />;
}
