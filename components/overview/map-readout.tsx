'use client';

/** Names the host under the map's cursor: name, state in words, labels. Spoken when keys moved the cursor. */
import { useEffect, useState } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { TextLink } from '@/components/ui/button.tsx';
import { StateBadge } from '@/components/ui/state-badge.tsx';
import { useHostDescriptions, useLive } from '@/lib/client/use-live.ts';
import { appearanceNameOf } from './map-appearance.ts';
import { hostPath } from './paths.ts';

export type MapCursor = {
  readonly cell: number;
  readonly slot: number;
  /** What the pointer passes over is shown; what keys (or a finger) chose stays and is spoken too. */
  readonly by: 'keys' | 'pointer';
};

/** A pointer crosses hundreds of cells a second: names are read for where it rests. */
const REST_MS = 90;

function useRested(slot: number | null): readonly number[] {
  const [rested, setRested] = useState<readonly number[]>([]);
  useEffect(() => {
    const timer = setTimeout(() => setRested(slot === null ? [] : [slot]), REST_MS);
    return () => clearTimeout(timer);
  }, [slot]);
  return rested;
}

export function MapReadout({ cursor, slotsPerCell }: { cursor: MapCursor | null; slotsPerCell: number }) {
  const t = useTranslations('overview.map');
  const slot = cursor?.slot ?? null;
  const stateByte = useLive((state) => (slot === null ? 0 : (state.states[slot] ?? 0)));
  const descriptions = useHostDescriptions(useRested(slot));
  const kind = appearanceNameOf(stateByte);
  const host = slot === null ? undefined : descriptions.get(slot);

  return (
    <p
      aria-live={cursor?.by === 'keys' ? 'polite' : 'off'}
      aria-atomic
      className="flex min-w-0 flex-1 items-center gap-x-3 overflow-hidden text-sm"
      data-testid="map-readout"
    >
      {cursor === null ? (
        <>
          <span className="truncate text-muted pointer-coarse:hidden">{t('hint')}</span>
          <span className="hidden truncate text-muted pointer-coarse:inline">{t('hintTouch')}</span>
        </>
      ) : kind === null ? (
        <span className="text-muted">{t('vacant')}</span>
      ) : (
        <>
          {host === undefined ? (
            <span className="truncate text-muted">{t('nameless', { slot: cursor.slot })}</span>
          ) : (
            <TextLink href={hostPath(host.name)} className="truncate py-0.5 font-medium">
              {host.name}
            </TextLink>
          )}
          <StateBadge kind={kind} />
          {slotsPerCell > 1 ? (
            <span className="shrink-0 text-xs text-muted">{t('worstOf', { count: slotsPerCell })}</span>
          ) : null}
          {host === undefined ? null : (
            <span className="hidden min-w-0 truncate font-mono text-xs text-muted sm:inline">
              {Object.entries(host.labels)
                .map(([key, value]) => `${key}=${value}`)
                .join('  ')}
            </span>
          )}
        </>
      )}
    </p>
  );
}
