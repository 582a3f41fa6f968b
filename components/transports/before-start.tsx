'use client';

/** Before the start: what will happen and what it costs, so that nobody starts it unknowing. */
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { Notice } from '@/components/ui/notice.tsx';
import type { ComparisonSettings } from '@/lib/client/comparison/comparison-state.ts';

export function BeforeStart({ settings }: { settings: ComparisonSettings }) {
  const t = useTranslations('transports.before');
  const format = useFormatter();
  const { transports, pollMs, changesPerSecond } = settings;
  const polling = transports.includes('polling');
  const long = transports.includes('long-polling');
  const rate = format.number(1000 / pollMs, { maximumSignificantDigits: 2 });
  const requests =
    polling && long
      ? t('requests', { rate })
      : polling
        ? t('requestsPolling', { rate })
        : long
          ? t('requestsLong')
          : null;
  return (
    <Notice title={t('title')}>
      <ul className="list-disc pl-5 text-muted">
        <li>{t('connections', { count: transports.length })}</li>
        {requests === null ? null : <li>{requests}</li>}
        <li>{changesPerSecond === 0 ? t('fleet') : t('scratch', { rate: changesPerSecond })}</li>
      </ul>
    </Notice>
  );
}
