'use client';

/** What a stretch of a timeline is called and what the host was in it, in the reader's words. */
import type { HostTimeline, TimelineBucket } from '@/lib/protocol/api.ts';
import { useFormatter, useLocale, useTranslations } from '../i18n/language.ts';
import type { Formatter, Translator } from '../i18n/translator.ts';
import { formatDuration } from '../ui/duration.ts';
import { bucketParts } from './timeline.ts';

const DAY_MS = 86_400_000;

export type BucketLanguage = {
  readonly t: Translator<'hosts.timeline'>;
  readonly format: Pick<Formatter, 'dateTime' | 'list'>;
  readonly locale: string;
};

/** The words of one timeline's stretches, oldest first. Pure. */
export function bucketWords({ t, format, locale }: BucketLanguage, { from, to, buckets }: HostTimeline) {
  const stretchMs = (to - from) / buckets.length;
  const instant = (atMs: number): string =>
    format.dateTime(atMs, {
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  return {
    instant,
    /** Below the strip: the hour where it spans a day, the date where it spans more. */
    tick: (atMs: number): string =>
      format.dateTime(
        atMs,
        to - from > DAY_MS
          ? { month: 'short', day: 'numeric' }
          : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
      ),
    /** From when to when, for stretch number `index`. */
    span: (index: number): string =>
      t('span', { from: instant(from + index * stretchMs), to: instant(from + (index + 1) * stretchMs) }),
    /** What it was, and for how long when it was more than one thing. */
    held: (bucket: TimelineBucket): string => {
      const parts = bucketParts(bucket);
      if (parts.length === 0) return t('whole.unknown');
      if (parts.length === 1) return t(`whole.${parts[0]!.state}`);
      // What lasted less than a second lasted, all the same.
      const words = parts.map(({ state, ms }) =>
        t(`part.${state}`, { lasting: formatDuration(Math.max(ms, 1_000), locale) }),
      );
      return format.list(words, { type: 'unit', style: 'short' });
    },
  };
}

export function useBucketWords(timeline: HostTimeline): ReturnType<typeof bucketWords> {
  const t = useTranslations('hosts.timeline');
  return bucketWords({ t, format: useFormatter(), locale: useLocale() }, timeline);
}
