/**
 * Owns a verdict in the reader's words: the message `alerts.verdict` with spans and shares formatted for the
 * language. In English it equals lib/protocol/reason.ts to the letter. Pure.
 */

import type { Evidence } from '#lib/protocol/host.ts';
import { windowIsAboutAMinute } from '#lib/protocol/reason.ts';
import type { Formatter, Translator } from '../i18n/translator.ts';

export type AlertsTranslator = Translator<'alerts'>;
export type NumberFormatter = Pick<Formatter, 'number'>;

/** A span with its unit as people read it: `0.5 s`, `59 s`, `12 min`. The steps are those of formatSpan. */
export function spanWords(t: AlertsTranslator, format: NumberFormatter, spanMs: number): string {
  const seconds = spanMs / 1000;
  if (seconds < 10) {
    const value = Number(seconds.toFixed(1));
    return t('span.seconds', {
      value: format.number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    });
  }
  if (seconds < 120) return t('span.seconds', { value: format.number(Math.round(seconds)) });
  return t('span.minutes', { value: format.number(Math.round(seconds / 60), { useGrouping: false }) });
}

/** A share in hundredths as `3 %`. */
export function percentWords(t: AlertsTranslator, format: NumberFormatter, percent: number): string {
  return t('span.percent', { value: format.number(Math.round(percent)) });
}

/** Why a host is down or gone. */
export function verdictWords(t: AlertsTranslator, format: NumberFormatter, evidence: Evidence): string {
  const counted = evidence.kind !== 'bye' && evidence.expectedBeats > 0;
  return t('verdict', {
    kind: evidence.kind === 'timeout' && evidence.unheard ? 'unheard' : evidence.kind,
    silent: spanWords(t, format, evidence.silentMs),
    interval: spanWords(t, format, evidence.intervalMs),
    open: evidence.kind === 'timeout' && evidence.connected ? 'yes' : 'no',
    known: evidence.source === null ? 'no' : 'yes',
    source: evidence.source ?? '',
    loss: counted ? (windowIsAboutAMinute(evidence) ? 'minute' : 'beats') : 'none',
    lost: counted ? percentWords(t, format, (100 * evidence.lostBeats) / evidence.expectedBeats) : '',
    beats: evidence.expectedBeats,
  });
}
