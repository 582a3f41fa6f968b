/** The mark of a state: its shape says as much as its colour. Decorative; the word stands beside it or in `title`. */
import { classNames } from './class-names.ts';
import type { StateKind } from './tokens.ts';

const COLOR_CLASS: Readonly<Record<StateKind, string>> = {
  up: 'text-up',
  late: 'text-late',
  down: 'text-down',
  acknowledged: 'text-down',
  maintenance: 'text-maintenance',
  pending: 'text-quiet',
  left: 'text-quiet',
};

function Shape({ kind }: { kind: StateKind }) {
  switch (kind) {
    case 'up':
      return <circle cx="8" cy="8" r="6" fill="currentColor" />;
    case 'late':
      return (
        <path
          d="M8 2.2 14.4 13.4H1.6Z"
          fill="currentColor"
          stroke="currentColor"
          strokeWidth="1.2"
          strokeLinejoin="round"
        />
      );
    case 'down':
      return (
        <>
          <rect x="1.75" y="1.75" width="12.5" height="12.5" rx="1.5" fill="currentColor" />
          <path
            d="m5 5 6 6m0-6-6 6"
            stroke="var(--color-surface)"
            strokeWidth="1.8"
            strokeLinecap="round"
            fill="none"
          />
        </>
      );
    case 'acknowledged':
      return (
        <>
          <rect
            x="2.5"
            y="2.5"
            width="11"
            height="11"
            rx="1.2"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.6"
          />
          <path
            d="m5 8.2 2.2 2.2L11.2 6"
            stroke="currentColor"
            strokeWidth="1.6"
            strokeLinecap="round"
            strokeLinejoin="round"
            fill="none"
          />
        </>
      );
    case 'maintenance':
      return (
        <>
          <path
            d="M8 1.4 14.6 8 8 14.6 1.4 8Z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.6"
            strokeLinejoin="round"
          />
          <path
            d="M3.6 9.8 9.8 3.6M5.2 11.4l6.2-6.2m-4.6 7.8L13 6.8"
            stroke="currentColor"
            strokeWidth="1.5"
          />
        </>
      );
    case 'pending':
      return (
        <circle
          cx="8"
          cy="8"
          r="5.6"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.7"
          strokeDasharray="2.6 1.8"
        />
      );
    case 'left':
      return <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.7" />;
  }
}

/** `size` in CSS px. With `title` it is an image with that name, else hidden from assistive technology. */
export function StateShape({
  kind,
  size = 14,
  title,
  className,
}: {
  kind: StateKind;
  size?: number;
  title?: string;
  className?: string;
}) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      data-state-shape={kind}
      className={classNames('inline-block shrink-0', COLOR_CLASS[kind], className)}
      role={title === undefined ? undefined : 'img'}
      aria-hidden={title === undefined ? true : undefined}
      aria-label={title}
    >
      <Shape kind={kind} />
    </svg>
  );
}
