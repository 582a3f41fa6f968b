'use client';

/** Loads the charts when the page stands already: their library is larger than everything else on it. */
import dynamic from 'next/dynamic';
import { ChartsPlace } from './charts-place.tsx';

export const Charts = dynamic(() => import('./fleet-charts.tsx'), {
  ssr: false,
  loading: () => <ChartsPlace />,
});
