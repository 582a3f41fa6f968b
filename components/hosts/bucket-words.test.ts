import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostTimeline, TimelineBucket } from '@/lib/protocol/api.ts';
import { LOCALES, type Locale } from '../i18n/locales.ts';
import { messagesFor } from '../i18n/messages.ts';
import { createLanguage } from '../i18n/translator.ts';
import { bucketWords } from './bucket-words.ts';

const QUARTER_MS = 900_000;
const FROM = Date.UTC(2026, 2, 1, 10);

function wordsOf(locale: Locale, ...buckets: TimelineBucket[]) {
  const onError = (error: unknown) => {
    throw error;
  };
  const { translator, format } = createLanguage(locale, messagesFor(locale), 'UTC', onError);
  const to = FROM + buckets.length * QUARTER_MS;
  const timeline = { from: FROM, to, buckets } as unknown as HostTimeline;
  return bucketWords({ t: translator('hosts.timeline'), format, locale }, timeline);
}
const held = (locale: Locale, bucket: TimelineBucket) => wordsOf(locale, bucket).held(bucket);

describe('a stretch of a timeline in words', () => {
  test('what it was all along needs no time beside it', () => {
    expect(held('en', [QUARTER_MS, 0, 0, 0])).toBe('up');
    expect(held('en', [0, QUARTER_MS, 0, 0])).toBe('down');
    expect(held('en', [0, 0, 0, QUARTER_MS])).toBe('not watched');
    expect(held('zh-CN', [0, 0, 0, QUARTER_MS])).toBe('未监控');
  });

  test('what it was for a while says for how long, the longest first', () => {
    expect(held('en', [840_000, 60_000, 0, 0])).toBe('up 14 min, down 1 min');
    expect(held('en', [60_000, 0, 0, 840_000])).toBe('not watched 14 min, up 1 min');
    expect(held('zh-CN', [840_000, 60_000, 0, 0])).toMatch(/在线 14分钟.*宕机 1分钟/);
  });

  test('a down shorter than a second is not left out', () => {
    expect(held('en', [QUARTER_MS - 200, 200, 0, 0])).toContain('down 1 sec');
  });

  test('below the strip stands the hour, and the date where it spans more than a day', () => {
    expect(wordsOf('en', [1, 0, 0, 0]).tick(FROM)).toBe('10:00');
    const days = Array.from({ length: 200 }, (): TimelineBucket => [1, 0, 0, 0]);
    expect(wordsOf('en', ...days).tick(FROM)).toBe('Mar 1');
    expect(wordsOf('zh-CN', ...days).tick(FROM)).toBe('3月1日');
  });

  test('the stretches follow each other without a gap', () => {
    const words = wordsOf('en', [1, 0, 0, 0], [1, 0, 0, 0]);
    expect(words.span(0)).toBe('Mar 1, 10:00 – Mar 1, 10:15');
    expect(words.span(1)).toBe('Mar 1, 10:15 – Mar 1, 10:30');
  });

  test('any bucket is told in any language, and down is never kept quiet', () => {
    const bucket = fc.tuple(
      fc.nat(9e5),
      fc.nat(9e5),
      fc.nat(9e5),
      fc.nat(9e5),
    ) as fc.Arbitrary<TimelineBucket>;
    fc.assert(
      fc.property(fc.constantFrom(...LOCALES), bucket, (locale, one) => {
        const told = held(locale, one);
        expect(told).not.toBe('');
        expect(/down|宕机/.test(told)).toBe(one[1] > 0);
      }),
    );
  });
});
