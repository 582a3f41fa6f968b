/** The marks of a timeline: solid up, taller solid down, outlined left, hatched unknown. Decorative; words stand beside. */
import type { TimelineState } from './timeline.ts';

/** In the `<defs>` of the strip: lines across, in the colour of quiet text. */
export function HatchPattern() {
  return (
    <pattern
      id="timeline-hatch"
      width="4"
      height="4"
      patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"
    >
      <rect width="4" height="4" fill="var(--color-raised)" />
      <path d="M0 0V4" stroke="var(--color-control)" strokeWidth="2" />
    </pattern>
  );
}

export function TimelineSwatch({ state }: { state: TimelineState }) {
  const low = { x: 1, y: 6, width: 8, height: 8 };
  return (
    <svg aria-hidden width="10" height="14" viewBox="0 0 10 14" className="shrink-0">
      {state === 'up' ? <rect {...low} fill="var(--color-up)" /> : null}
      {state === 'down' ? <rect x="1" y="0" width="8" height="14" fill="var(--color-down)" /> : null}
      {state === 'left' ? (
        <rect x="1.5" y="6.5" width="7" height="7" fill="none" stroke="var(--color-quiet)" />
      ) : null}
      {state === 'unknown' ? (
        <>
          <rect {...low} fill="var(--color-raised)" />
          <path
            d="M1 10 5 6M1 14 9 6M5 14 9 10"
            stroke="var(--color-control)"
            strokeWidth="1.4"
            fill="none"
          />
        </>
      ) : null}
    </svg>
  );
}
