'use client';

/** Measured values in the reader's language, with their units (Intl). */
import { useMemo } from 'react';
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { bytesFigure, latencyFigure, spanFigure, type UnitFigure } from './figure.ts';

export type FigureWords = {
  span(ms: number): string;
  /** "< 0.5 ms" where the clock can say no more; null before the first sample. */
  latency(ms: number | null, plusMinusMs: number | null): string | null;
  plusMinus(ms: number): string;
  bytes(bytes: number): string;
  count(count: number): string;
  share(share: number): string;
};

export function useFigureWords(): FigureWords {
  const t = useTranslations('transports.figure');
  const format = useFormatter();
  return useMemo(() => {
    const unit = ({ value, unit, digits }: UnitFigure): string =>
      format.number(value, {
        style: 'unit',
        unit,
        unitDisplay: 'short',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
    return {
      span: (ms) => unit(spanFigure(ms)),
      latency: (ms, plusMinusMs) => {
        const figure = latencyFigure(ms, plusMinusMs);
        if (figure.kind === 'none') return null;
        return figure.kind === 'below'
          ? t('below', { span: unit(spanFigure(figure.limitMs)) })
          : unit(spanFigure(figure.ms));
      },
      plusMinus: (ms) => t('plusMinus', { span: unit(spanFigure(ms)) }),
      bytes: (bytes) => unit(bytesFigure(bytes)),
      count: (count) => format.number(count),
      share: (share) =>
        format.number(share, { style: 'percent', maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 }),
    };
  }, [t, format]);
}
