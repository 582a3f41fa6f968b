'use client';

/** What is known of a host, name by name; what was never heard says so. */
import type { ReactNode } from 'react';
import type { HostDetector } from '@/lib/protocol/api.ts';
import type { Host } from '@/lib/protocol/host.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { percentWords, spanWords } from '../live/verdict-words.ts';
import { RelativeTime } from '../ui/relative-time.tsx';
import { LastBeat } from './host-row.tsx';

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-7 items-baseline justify-between gap-4 border-b border-line py-1 last:border-b-0">
      <dt className="shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 text-right break-words">{children}</dd>
    </div>
  );
}

function DetectorWords({ detector }: { detector: HostDetector }) {
  const t = useTranslations('hosts.host.detector');
  const words = useTranslations('alerts');
  const format = useFormatter();
  switch (detector.kind) {
    case 'fixed':
      return t('fixed', { misses: detector.misses });
    case 'loss-window':
      return t('lossWindow', { received: detector.received, of: detector.of });
    case 'adaptive':
      return t('adaptive', {
        z: format.number(detector.z),
        floor: spanWords(words, format, detector.floorMs),
        cap: spanWords(words, format, detector.capMs),
      });
  }
}

/** `detector`: an older server does not say which. */
export function HostFacts({
  host,
  readAtMs,
  detector,
}: {
  host: Host;
  readAtMs: number;
  detector?: HostDetector;
}) {
  const t = useTranslations('hosts.host');
  const words = useTranslations('alerts');
  const format = useFormatter();
  return (
    <dl className="text-sm">
      <Fact name={t('lastBeat')}>
        {host.lastSeenAt === null ? t('never') : <LastBeat host={host} readAtMs={readAtMs} focusable />}
      </Fact>
      <Fact name={t('interval')}>{spanWords(words, format, host.intervalMs)}</Fact>
      <Fact name={t('timeout')}>{spanWords(words, format, host.timeoutMs)}</Fact>
      {detector === undefined ? null : (
        <Fact name={t('judged')}>
          <DetectorWords detector={detector} />
        </Fact>
      )}
      <Fact name={t('loss')}>
        {host.lossRatio === null ? (
          <span className="text-muted">{t(host.lastSeenAt === null ? 'never' : 'lossNone')}</span>
        ) : (
          percentWords(words, format, 100 * host.lossRatio)
        )}
      </Fact>
      <Fact name={t('source')}>
        {host.source ?? <span className="text-muted">{t('sourceUnknown')}</span>}
      </Fact>
      <Fact name={t('agent')}>
        {host.incarnation === null ? (
          <span className="text-muted">{t(host.lastSeenAt === null ? 'never' : 'agentNone')}</span>
        ) : (
          <RelativeTime atMs={host.incarnation} />
        )}
      </Fact>
      <Fact name={t('id')}>
        <code className="text-xs">{host.id}</code>
      </Fact>
    </dl>
  );
}
