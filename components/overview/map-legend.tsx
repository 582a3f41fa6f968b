'use client';

/** What the map's marks mean: shape and word of each state, worst first. */
import { useTranslations } from '@/components/i18n/language.ts';
import { StateShape } from '@/components/ui/state-shape.tsx';
import { APPEARANCE_NAMES } from './map-appearance.ts';

export function MapLegend() {
  const t = useTranslations('overview.map');
  const state = useTranslations('common.state');
  return (
    <ul aria-label={t('legend')} className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {APPEARANCE_NAMES.map((kind) => (
        <li key={kind} className="inline-flex items-center gap-1.5">
          <StateShape kind={kind} size={12} />
          {state(kind)}
        </li>
      ))}
    </ul>
  );
}
