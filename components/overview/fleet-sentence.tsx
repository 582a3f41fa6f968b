'use client';

/** The page in one sentence, and how old it is. Its age comes from the last frame, never from an open socket. */
import type { ReactNode } from 'react';
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { useDoubt } from '@/components/live/doubt.ts';
import { useAgeMs, useCounts, useLive, useServerNow } from '@/lib/client/use-live.ts';
import { ageInWords, sentenceFor } from './fleet-facts.ts';

export function FleetSentence() {
  const t = useTranslations('overview.sentence');
  const counts = useCounts();
  return (
    <h1 className="text-2xl leading-tight sm:text-3xl" data-testid="fleet-sentence">
      {t.rich(sentenceFor(counts), {
        total: counts?.total ?? 0,
        up: counts?.up ?? 0,
        late: counts?.late ?? 0,
        down: counts?.down ?? 0,
        ...MARKS,
      })}
    </h1>
  );
}

const MARKS = {
  downMark: (words: ReactNode) => <span className="whitespace-nowrap text-down-text">{words}</span>,
  lateMark: (words: ReactNode) => <span className="whitespace-nowrap text-late-text">{words}</span>,
};

export function Freshness() {
  const t = useTranslations('overview.freshness');
  const format = useFormatter();
  const ageMs = useAgeMs();
  const nowMs = useServerNow();
  const stale = useLive((state) => state.stale);
  // Paused, it names the moment the view stands at: an age would go on counting.
  const doubt = useDoubt();
  const still = useLive((state) => state.stale || state.link.status === 'paused');
  if (ageMs === null || nowMs === 0) return null;
  const { key, value } = ageInWords(ageMs);
  const asOf = format.dateTime(nowMs - ageMs, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (
    <p
      className={`text-base ${stale || doubt ? 'font-medium text-late-text' : 'text-muted'}`}
      title={t('title', { time: asOf })}
      data-testid="freshness"
    >
      {t(still ? 'stale' : doubt ? 'doubt' : key, {
        seconds: value,
        minutes: value,
        hours: value,
        time: asOf,
      })}
    </p>
  );
}
