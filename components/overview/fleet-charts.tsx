'use client';

/**
 * The last minutes as two charts. Loaded when the page stands already (recharts is large); sized by hand, because
 * a chart that measures itself draws once without a size. Each is drawn in a task of its own: two hold up a frame.
 */
import { useEffect, useState } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { Panel } from '@/components/ui/panel.tsx';
import { useLink } from '@/lib/client/use-live.ts';
import type { FleetSample } from '@/lib/protocol/api.ts';
import { ChartPlace, ChartsPlace } from './charts-place.tsx';
import { DownChart } from './down-chart.tsx';
import { RateChart } from './rate-chart.tsx';
import { SamplesTable } from './samples-table.tsx';
import { useSamples } from './use-samples.ts';

/** The same a task later; at first nothing. */
function useLater(samples: readonly FleetSample[]): readonly FleetSample[] {
  const [later, setLater] = useState<readonly FleetSample[]>([]);
  useEffect(() => {
    const timer = setTimeout(() => setLater(samples));
    return () => clearTimeout(timer);
  }, [samples]);
  return later;
}

export default function FleetCharts() {
  const t = useTranslations('overview.charts');
  const { samples, failed, asked } = useSamples(useLink().status === 'paused');
  const later = useLater(samples);
  if (samples.length < 2) {
    return <ChartsPlace message={failed ? t('failed') : asked ? t('collecting') : undefined} />;
  }
  return (
    <Panel title={t('title')} hint={failed ? t('failed') : undefined}>
      <div className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
        <DownChart samples={samples} />
        {later.length < 2 ? <ChartPlace busy /> : <RateChart samples={later} />}
      </div>
      <SamplesTable samples={samples} />
    </Panel>
  );
}
