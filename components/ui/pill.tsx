/** A short fact in a rounded frame: a label of a host, a count, a mode. */
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';

export type PillTone = 'neutral' | 'accent' | 'up' | 'late' | 'down';

const TONE_CLASS: Readonly<Record<PillTone, string>> = {
  neutral: 'border-line bg-raised text-muted',
  accent: 'border-accent/40 tint-accent text-accent',
  up: 'border-up/50 tint-up text-up-text',
  late: 'border-late/60 tint-late text-late-text',
  down: 'border-down/50 tint-down text-down-text',
};

export function pillClass(tone: PillTone = 'neutral'): string {
  return classNames(
    'inline-flex min-h-6 max-w-full items-center gap-1.5 rounded-full border px-2 text-xs font-medium',
    TONE_CLASS[tone],
  );
}

export function Pill({ tone = 'neutral', className, ...rest }: ComponentProps<'span'> & { tone?: PillTone }) {
  return <span className={classNames(pillClass(tone), className)} {...rest} />;
}
