'use client';

/** Fetches the charts when the page stands and is live: their library is larger than everything else on it. */
import { useSettled } from '@/components/live/settled.ts';
import { optional } from '@/components/ui/optional.ts';
import { ChartsPlace } from './charts-place.tsx';

const FleetCharts = optional(() => import('./fleet-charts.tsx'), <ChartsPlace />);

export function Charts() {
  return useSettled() ? <FleetCharts /> : <ChartsPlace />;
}
