'use client';

/** What this server is and how it is doing by its own account. */
import type { StoreHealth } from '@/lib/protocol/api.ts';
import { useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import { useHealth } from '../live/use-health.ts';
import { Panel } from '../ui/panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { HearingFacts } from './hearing-facts.tsx';
import { Fact } from './panel-parts.tsx';

const HEALTH_EVERY_MS = 5_000;

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
  const about = useAbout();
  const health = useHealth(HEALTH_EVERY_MS);
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
        <Fact term={t('status')}>
          {health ? (health.status === 'ok' ? t('statusOk') : t('statusDegraded')) : null}
        </Fact>
      </dl>
      <h3 className="mt-5 mb-1 text-sm">{t('hearing')}</h3>
      <HearingFacts ingest={health?.ingest ?? null} />
    </Panel>
  );
}
