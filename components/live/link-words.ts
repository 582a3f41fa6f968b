'use client';

/** Spans and link facts in the reader's language, for the pill, its details and the banners. */
import { useCallback } from 'react';
import { useFormatter, useTranslations } from '../i18n/language.ts';

/** `0.1` seconds up to a minute with the digits that matter, then minutes, then hours. */
export function useSpanWords(): (spanMs: number) => string {
  const t = useTranslations('live.age');
  const format = useFormatter();
  return useCallback(
    (spanMs: number) => {
      const seconds = Math.max(0, spanMs) / 1000;
      if (seconds < 10) return t('seconds', { count: format.number(seconds, ONE_DIGIT) });
      if (seconds < 120) return t('seconds', { count: format.number(Math.round(seconds)) });
      if (seconds < 7200) return t('minutes', { count: format.number(Math.round(seconds / 60)) });
      return t('hours', { count: format.number(Math.round(seconds / 3600)) });
    },
    [t, format],
  );
}

export const ONE_DIGIT = { minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;
