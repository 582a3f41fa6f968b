'use client';

/** The strip of a timeline: read out under the pointer, under a finger, and from stretch to stretch by arrow keys. */
import { useState } from 'react';
import type { HostTimeline } from '@/lib/protocol/api.ts';
import { useTranslations } from '../i18n/language.ts';
import { useBucketWords } from './bucket-words.ts';
import { timelinePaths } from './timeline.ts';
import { HatchPattern } from './timeline-marks.tsx';

const PITCH = 8;
const HEIGHT = 48;

export function TimelineStrip({ timeline }: { timeline: HostTimeline }) {
  const t = useTranslations('hosts.timeline');
  const words = useBucketWords(timeline);
  const [chosen, setChosen] = useState<number | null>(null);
  const [spoken, setSpoken] = useState(false);
  const { buckets } = timeline;
  const last = buckets.length - 1;
  const index = chosen === null ? null : Math.min(chosen, last);
  const paths = timelinePaths(buckets, PITCH, HEIGHT);
  const width = buckets.length * PITCH;
  const told = (at: number) => `${words.span(at)}: ${words.held(buckets[at]!)}`;

  const step = (key: string): number | null => {
    const here = index ?? last;
    if (key === 'ArrowLeft' || key === 'ArrowDown') return Math.max(0, index === null ? last : here - 1);
    if (key === 'ArrowRight' || key === 'ArrowUp') return Math.min(last, index === null ? last : here + 1);
    if (key === 'PageDown') return Math.max(0, here - 10);
    if (key === 'PageUp') return Math.min(last, here + 10);
    if (key === 'Home') return 0;
    return key === 'End' ? last : null;
  };
  return (
    <>
      <div
        role="slider"
        tabIndex={0}
        aria-label={t('strip')}
        aria-valuemin={1}
        aria-valuemax={buckets.length}
        aria-valuenow={(index ?? last) + 1}
        aria-valuetext={told(index ?? last)}
        data-testid="timeline"
        className="relative rounded-sm"
        onKeyDown={(event) => {
          const next = step(event.key);
          if (next === null) return;
          event.preventDefault();
          setSpoken(true);
          setChosen(next);
        }}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const place = Math.floor(((event.clientX - box.left) / box.width) * buckets.length);
          setSpoken(false);
          setChosen(Math.min(Math.max(place, 0), last));
        }}
        onPointerLeave={(event) => {
          // A finger that is lifted leaves its choice to be read.
          if (event.pointerType === 'mouse') setChosen(null);
        }}
        onBlur={() => setChosen(null)}
      >
        <svg
          aria-hidden
          viewBox={`0 0 ${width} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="block h-14 w-full"
        >
          <defs>
            <HatchPattern />
          </defs>
          <path d={paths.up} fill="var(--color-up)" />
          <path
            d={paths.left}
            fill="var(--color-raised)"
            stroke="var(--color-quiet)"
            vectorEffect="non-scaling-stroke"
          />
          <path d={paths.unknown} fill="url(#timeline-hatch)" />
          <path d={paths.down} fill="var(--color-down)" />
          {index === null ? null : (
            <rect
              x={index * PITCH - 0.6}
              y={0.5}
              width={PITCH}
              height={HEIGHT - 1}
              fill="none"
              stroke="var(--color-focus)"
              strokeWidth={1.5}
              vectorEffect="non-scaling-stroke"
            />
          )}
        </svg>
      </div>
      <p className="mt-1 flex justify-between text-xs text-muted" aria-hidden>
        <span>{words.instant(timeline.from)}</span>
        <span>{t('now')}</span>
      </p>
      <p className="mt-2 min-h-10 text-sm" data-testid="timeline-readout" aria-hidden={spoken || undefined}>
        {index === null ? <span className="text-muted">{t('hint')}</span> : told(index)}
      </p>
    </>
  );
}
