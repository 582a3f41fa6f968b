'use client';

/** What this server is and how it is doing by its own account. */
import type { ReactNode } from 'react';
import type { StoreHealth } from '@/lib/protocol/api.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import { useSpanWords } from '../live/link-words.ts';
import { useHealth } from '../live/use-health.ts';
import { Panel } from '../ui/panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { Skeleton } from '../ui/skeleton.tsx';

const HEALTH_EVERY_MS = 5_000;

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-6 border-b border-line py-1.5 last:border-0">
      <dt className="text-muted">{term}</dt>
      <dd className="min-w-0 text-right">{children ?? <Skeleton className="w-20" />}</dd>
    </div>
  );
}

function StoreWords({ store }: { store: StoreHealth }) {
  const t = useTranslations('settings.about');
  return (
    <>
      {store.writable
        ? t('storeWaiting', { count: store.waiting })
        : t('storeWritableNo', { detail: store.detail ?? '' })}
      {store.dropped > 0 ? (
        <span className="block text-xs text-muted">{t('storeDropped', { count: store.dropped })}</span>
      ) : null}
    </>
  );
}

export function AboutPanel() {
  const t = useTranslations('settings.about');
  const format = useFormatter();
  const spanWords = useSpanWords();
  const about = useAbout();
  const health = useHealth(HEALTH_EVERY_MS);
  const refused = health
    ? Object.entries(health.ingest.rejected)
        .filter(([, count]) => count > 0)
        .sort(([, a], [, b]) => b - a)
    : [];
  const refusedTotal = refused.reduce((sum, [, count]) => sum + count, 0);
  return (
    <Panel title={t('title')}>
      <dl className="-my-1.5 text-sm">
        <Fact term={t('version')}>{about?.version}</Fact>
        <Fact term={t('started')}>{about ? <RelativeTime atMs={about.startedAt} /> : null}</Fact>
        <Fact term={t('epoch')}>{health ? <code className="text-xs">{health.epoch}</code> : null}</Fact>
        <Fact term={t('heartbeats')}>
          {about ? (
            <code className="text-xs">
              {about.heartbeat.host.includes(':') ? `[${about.heartbeat.host}]` : about.heartbeat.host}:
              {about.heartbeat.port}
            </code>
          ) : null}
        </Fact>
        <Fact term={t('store')}>
          {about ? (about.store === 'memory' ? t('storeMemory') : t('storeSqlite')) : null}
        </Fact>
        <Fact term={t('storeWritable')}>{health ? <StoreWords store={health.store} /> : null}</Fact>
        <Fact term={t('auth')}>
          {about ? (about.auth === 'none' ? t('authNone') : t('authPassword')) : null}
        </Fact>
        <Fact term={t('receiver')}>
          {health
            ? t('receiverValue', { receiver: health.ingest.receiver, shards: health.ingest.shards })
            : null}
        </Fact>
        <Fact term={t('rate')}>
          {health
            ? t('rateValue', {
                rate: format.number(health.ingest.heartbeatsPerSecond, { maximumFractionDigits: 0 }),
              })
            : null}
        </Fact>
        <Fact term={t('status')}>
          {health ? (health.status === 'ok' ? t('statusOk') : t('statusDegraded')) : null}
        </Fact>
        <Fact term={t('blind')}>{health ? spanWords(health.ingest.blindMs) : null}</Fact>
        <Fact term={t('drops')}>
          {health === null
            ? null
            : health.ingest.receiver === 'dgram'
              ? t('dropsUnknown')
              : format.number(health.ingest.kernelDrops)}
        </Fact>
        <Fact term={t('refused')}>
          {health ? (
            <>
              {format.number(refusedTotal)}
              {refused.map(([reason, count]) => (
                <span key={reason} className="block text-xs text-muted">
                  <code>{reason}</code> {format.number(count)}
                </span>
              ))}
            </>
          ) : null}
        </Fact>
      </dl>
    </Panel>
  );
}
