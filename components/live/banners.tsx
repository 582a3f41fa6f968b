'use client';

/**
 * What the page must say about itself above the hosts: how old the view is, and how the server itself is doing.
 * Loaded right after the page, so it is there long before a link can be lost.
 */
import { usePathname, useSearchParams } from 'next/navigation';
import { useState } from 'react';
import type { Hearing } from '@/lib/client/hearing.ts';
import { useLink, useLive, useLiveHandle, useNow } from '@/lib/client/use-live.ts';
import type { StoreHealth } from '@/lib/protocol/api.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { Button, buttonClass, TextLink } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { FallbackReasons } from './connection-details.tsx';
import { useSpanWords } from './link-words.ts';
import { useHearing } from './use-hearing.ts';

function StaleBanner() {
  const t = useTranslations('live.banner');
  const spanWords = useSpanWords();
  const nowMs = useNow();
  const link = useLink();
  const ageMs = link.lastFrameAtMs === null || nowMs === 0 ? null : nowMs - link.lastFrameAtMs;
  const waitMs = link.retryAtMs === null ? null : link.retryAtMs - nowMs;
  return (
    <Notice tone="danger" title={t('staleTitle')}>
      <p data-testid="stale-banner">
        {ageMs === null ? t('staleNever') : t('staleAge', { age: spanWords(ageMs) })}{' '}
        {link.problem === 'away' ? `${t('away')} ` : null}
        {link.status === 'stale'
          ? t('watching')
          : waitMs !== null && waitMs > 0
            ? t('retryIn', { seconds: Math.ceil(waitMs / 1000) })
            : t('retrying')}
      </p>
    </Notice>
  );
}

/** Not announced here: the announcer says it once. The link loads the sign-in page anew, and that one what stands here. */
function SignedOutBanner() {
  const t = useTranslations('live.banner');
  const spanWords = useSpanWords();
  const nowMs = useNow();
  const lastFrameAtMs = useLive((state) => state.link.lastFrameAtMs);
  const search = useSearchParams().toString();
  const here = `${usePathname()}${search === '' ? '' : `?${search}`}`;
  return (
    <Notice
      tone="danger"
      title={t('signedOutTitle')}
      actions={
        <a href={`/login?next=${encodeURIComponent(here)}`} className={buttonClass('primary')}>
          {t('signIn')}
        </a>
      }
    >
      <p data-testid="signed-out-banner">
        {lastFrameAtMs === null || nowMs === 0
          ? t('signedOutEmpty')
          : t('signedOutText', { age: spanWords(Math.max(0, nowMs - lastFrameAtMs)) })}
      </p>
    </Notice>
  );
}

function PausedBanner() {
  const t = useTranslations('live.banner');
  const spanWords = useSpanWords();
  const nowMs = useNow();
  const live = useLiveHandle();
  const lastFrameAtMs = useLive((state) => state.link.lastFrameAtMs);
  return (
    <Notice
      tone="info"
      title={t('pausedTitle')}
      actions={
        <Button tone="primary" onClick={() => live.resume()}>
          {t('resume')}
        </Button>
      }
    >
      {lastFrameAtMs === null ? null : (
        <p>{t('pausedText', { age: spanWords(Math.max(0, nowMs - lastFrameAtMs)) })}</p>
      )}
    </Notice>
  );
}

/** Which other transport serves the page, and why; until it is dismissed or another one does. The settings say it in place. */
function FallbackBanner({ hidden }: { hidden: boolean }) {
  const t = useTranslations('live');
  const fallback = useLive((state) => state.link.fallback);
  const transport = useLive((state) => state.link.transport);
  const { store } = useLiveHandle();
  const [dismissed, setDismissed] = useState<string | null>(null);
  const isSaid = usePathname() === '/settings';
  if (hidden || isSaid || fallback === null || transport === null) return null;
  const key = `${fallback.from} ${transport}`;
  if (dismissed === key) return null;
  const names = { from: t(`transport.${fallback.from}`), to: t(`transport.${transport}`) };
  return (
    <Notice title={t('banner.fallbackTitle', names)} onDismiss={() => setDismissed(key)}>
      <div data-testid="fallback-banner">
        <FallbackReasons link={store.getState().link} />
      </div>
    </Notice>
  );
}

/** Nothing can be stored: apart from blindness, which is about what we hear. */
function StoreBanner({ store }: { store: StoreHealth }) {
  const t = useTranslations('live.banner');
  return (
    <Notice tone="warning" title={t('storeTitle')} live>
      <div data-testid="store-banner">
        <p className="first-letter:uppercase">
          {t('storeText', { detail: (store.detail ?? '').replace(/\.$/, '') })}
        </p>
        {store.dropped > 0 ? <p>{t('storeDropped', { count: store.dropped })}</p> : null}
      </div>
    </Notice>
  );
}

/** The server's own troubles, apart from the hosts'. */
function HealthBanners() {
  const t = useTranslations('live.banner');
  const { health, hearing } = useHearing();
  const store = health?.store;
  return (
    <>
      {hearing.inDoubt ? <DoubtBanner hearing={hearing} drops={health?.ingest.kernelDrops ?? 0} /> : null}
      {store && !store.writable ? <StoreBanner store={store} /> : null}
      {health?.status === 'degraded' && !hearing.inDoubt && store?.writable ? (
        <Notice tone="warning" title={t('degradedTitle')} live>
          <p>{t('degradedText')}</p>
        </Notice>
      ) : null}
    </>
  );
}

/** What speaks against our hearing every heartbeat, and what follows for the hosts. The announcer says it, once. */
function DoubtBanner({ hearing, drops }: { hearing: Hearing; drops: number }) {
  const t = useTranslations('live.banner');
  const format = useFormatter();
  const spanWords = useSpanWords();
  const { blindLastMinuteMs, dropShare, misses, missesSet, judgesNobody } = hearing;
  const share = format.number(dropShare, {
    style: 'percent',
    maximumFractionDigits: dropShare < 0.01 ? 1 : 0,
  });
  const isRaised = misses > missesSet;
  return (
    <Notice tone="warning" title={t('doubtTitle')}>
      <div data-testid="doubt-banner">
        {judgesNobody ? (
          <p>{t('doubtNobody', { share })}</p>
        ) : isRaised ? (
          <p>{t('doubtRaised', { misses, set: missesSet, share })}</p>
        ) : null}
        {blindLastMinuteMs > 0 ? (
          <p>{t('doubtBlind', { span: spanWords(blindLastMinuteMs) })}</p>
        ) : judgesNobody || isRaised ? null : (
          <p>{t('doubtNow')}</p>
        )}
        {drops > 0 ? <p>{t('drops', { count: drops })}</p> : null}
        <p className="text-muted">
          {t('doubtStale')} <TextLink href="/settings#about">{t('doubtMore')}</TextLink>
        </p>
      </div>
    </Notice>
  );
}

export default function Banners() {
  const t = useTranslations('live.banner');
  const stale = useLive((state) => state.stale);
  const paused = useLive((state) => state.link.status === 'paused');
  const signedOut = useLive((state) => state.link.status === 'signed-out');
  const digestTrouble = useLive((state) => state.link.digestTrouble);
  const versionMismatch = useLive((state) => state.link.versionMismatch);
  return (
    <div className="flex flex-col gap-2 px-4 pt-3 empty:hidden lg:px-6">
      {versionMismatch ? (
        <Notice
          tone="warning"
          title={t('versionTitle')}
          live
          actions={
            <Button tone="primary" onClick={() => window.location.reload()}>
              {t('reload')}
            </Button>
          }
        >
          <p>{t('versionText')}</p>
        </Notice>
      ) : null}
      {signedOut ? <SignedOutBanner /> : paused ? <PausedBanner /> : stale ? <StaleBanner /> : null}
      <FallbackBanner hidden={paused || stale || signedOut} />
      {signedOut ? null : <HealthBanners />}
      {digestTrouble ? (
        <Notice tone="warning" title={t('digestTitle')} live>
          <p>{t('digestText')}</p>
        </Notice>
      ) : null}
    </div>
  );
}
