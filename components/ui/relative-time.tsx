'use client';

/** An instant as "12 s ago", with the absolute date and time on hover and on focus. Ticks with the shared clock. */
import { useMemo } from 'react';
import { useLocale } from '../i18n/language.ts';
import { classNames } from './class-names.ts';
import { useNowMs } from './clock.ts';
import { Tooltip } from './tooltip.tsx';

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();
const absoluteFormats = new Map<string, Intl.DateTimeFormat>();

/** `atMs` seen from `nowMs`, in the largest unit that fits: "now", "12 s ago", "3 min ago". */
export function formatRelative(atMs: number, nowMs: number, locale: string): string {
  let format = relativeFormats.get(locale);
  if (!format) {
    format = new Intl.RelativeTimeFormat(locale, { style: 'short', numeric: 'auto' });
    relativeFormats.set(locale, format);
  }
  const elapsedMs = nowMs - atMs;
  // Clocks a little apart must not show "in 1 s" for what has happened.
  if (elapsedMs < 1000 && elapsedMs > -5000) return format.format(0, 'second');
  for (const [unit, unitMs] of UNITS) {
    if (Math.abs(elapsedMs) >= unitMs) return format.format(-Math.trunc(elapsedMs / unitMs), unit);
  }
  return format.format(0, 'second');
}

/** Date and time to the second in the reader's time zone, with its name. */
export function formatAbsolute(atMs: number, locale: string): string {
  let format = absoluteFormats.get(locale);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    });
    absoluteFormats.set(locale, format);
  }
  return format.format(atMs);
}

/**
 * `focusable={false}` in long lists where each row is a stop for the keyboard already; then the absolute
 * time must be elsewhere on the way (the host's page, say).
 */
export function RelativeTime({
  atMs,
  focusable = true,
  className,
}: {
  atMs: number;
  focusable?: boolean;
  className?: string;
}) {
  const locale = useLocale();
  const nowMs = useNowMs();
  const absolute = useMemo(() => formatAbsolute(atMs, locale), [atMs, locale]);
  const iso = useMemo(() => new Date(atMs).toISOString(), [atMs]);
  return (
    <Tooltip text={nowMs === null ? null : absolute}>
      <time
        dateTime={iso}
        tabIndex={focusable ? 0 : undefined}
        className={classNames('rounded-sm whitespace-nowrap', className)}
      >
        {nowMs === null ? '' : formatRelative(atMs, nowMs, locale)}
      </time>
    </Tooltip>
  );
}
