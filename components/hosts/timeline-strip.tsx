'use client';

/** The strip of a timeline: read out under the pointer, under a finger, and from stretch to stretch by arrow keys. */
import { useState } from 'react';
import type { HostTimeline } from '@/lib/protocol/api.ts';
import { useTranslations } from '../i18n/language.ts';
import { classNames } from '../ui/class-names.ts';
import { useBucketWords } from './bucket-words.ts';
import { timelinePaths } from './timeline.ts';
import { HatchPattern } from './timeline-marks.tsx';

const PITCH = 8;
const HEIGHT = 48;
/** Where along the strip the time is written; its end is now. */
const TICKS = [0, 0.25, 0.5, 0.75];

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
      <p className="relative h-6 text-xs text-muted" aria-hidden>
        {TICKS.map((share) => (
          <span
            key={share}
            style={{ left: `${share * 100}%` }}
            // A phone has room for the beginning, the middle and the end.
            className={classNames(
              'absolute top-0 border-control pt-1.5 whitespace-nowrap before:absolute before:top-0 before:h-1 before:border-l before:border-control',
              share > 0 && '-translate-x-1/2 before:left-1/2',
              share !== 0 && share !== 0.5 && 'max-sm:hidden',
            )}
          >
            {words.tick(timeline.from + share * (timeline.to - timeline.from))}
          </span>
        ))}
        <span className="absolute top-0 right-0 pt-1.5 before:absolute before:top-0 before:right-0 before:h-1 before:border-l before:border-control">
          {t('now')}
        </span>
      </p>
      <p
        className="mt-1 min-h-10 text-sm sm:min-h-7"
        data-testid="timeline-readout"
        aria-hidden={spoken || undefined}
      >
        {index === null ? (
          <>
            <span className="text-muted pointer-coarse:hidden">{t('hint')}</span>
            <span className="hidden text-muted pointer-coarse:inline">{t('hintTouch')}</span>
          </>
        ) : (
          told(index)
        )}
      </p>
    </>
  );
}
