'use client';

/** What surrounds every page: header with the pages and the connection, banners, keyboard, toasts. */
import { type ReactNode, useState } from 'react';
import { useLive, useLiveHandle } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import { ConnectionPill } from '../live/connection-pill.tsx';
import { useDoubt } from '../live/doubt.ts';
import { PageTitle } from '../live/page-title.tsx';
import { useSettled } from '../live/settled.ts';
import { AppLink } from '../ui/app-link.tsx';
import { BrandMark } from '../ui/brand-mark.tsx';
import { IconButton } from '../ui/button.tsx';
import { Keyboard, Pause, Play } from '../ui/icons.tsx';
import { optional } from '../ui/optional.ts';
import { Pill } from '../ui/pill.tsx';
import { Navigation } from './navigation.tsx';

/** Until the live one is there; a page without any would ask for /favicon.ico. */
const STILL_ICON = <link rel="icon" type="image/svg+xml" href="/icon.svg" />;

const Banners = optional(() => import('../live/banners.tsx'));
const UserMenu = optional(() => import('./user-menu.tsx'));
const ShellLater = optional(() => import('./later.tsx'), STILL_ICON);

function Brand() {
  const t = useTranslations('common');
  return (
    <AppLink
      href="/"
      aria-label={t('nav.home')}
      className="flex h-(--control-h) shrink-0 items-center gap-2 rounded-md font-semibold"
    >
      <BrandMark />
      <span className="max-sm:sr-only">{t('appName')}</span>
    </AppLink>
  );
}

function PauseButton() {
  const t = useTranslations('live.pause');
  const live = useLiveHandle();
  const paused = useLive((state) => state.link.status === 'paused');
  return (
    <IconButton
      label={paused ? t('resume') : t('pause')}
      onClick={() => (paused ? live.resume() : live.pause())}
    >
      {paused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
    </IconButton>
  );
}

function DemoLabel() {
  const t = useTranslations('live.pill');
  if (!useAbout()?.demo) return null;
  return (
    <Pill tone="late" title={t('demoHelp')} data-testid="demo-label" className="font-semibold tracking-wide">
      {t('demo')}
      <span className="sr-only">: {t('demoHelp')}</span>
    </Pill>
  );
}

function MemoryNote() {
  const t = useTranslations('live.banner');
  if (useAbout()?.store !== 'memory') return null;
  return (
    <p data-testid="memory-note" className="text-xs text-muted">
      {t('memory')}
    </p>
  );
}

export function Shell({ children }: { children: ReactNode }) {
  const t = useTranslations('common');
  const stale = useLive((state) => state.stale);
  const doubt = useDoubt();
  const [helpOpen, setHelpOpen] = useState(false);
  const settled = useSettled();
  return (
    <div
      data-stale={stale}
      data-doubt={doubt}
      className="flex min-h-dvh flex-col [--bottom-bar-h:3.5rem] lg:[--bottom-bar-h:0px]"
    >
      <PageTitle />
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-sm font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t('nav.skip')}
      </a>
      <header className="sticky top-0 z-30 flex min-h-12 items-center gap-2 border-b border-line bg-raised px-4 lg:gap-4 lg:px-6">
        <Brand />
        <Navigation place="header" />
        <div className="ml-auto flex min-w-0 items-center gap-1.5">
          <DemoLabel />
          <PauseButton />
          <IconButton label={t('keys.open')} onClick={() => setHelpOpen(true)} className="max-md:hidden">
            <Keyboard size={16} aria-hidden />
          </IconButton>
          {settled ? <UserMenu /> : null}
          <ConnectionPill />
        </div>
      </header>
      {settled ? <Banners /> : null}
      <main
        id="content"
        tabIndex={-1}
        data-dims
        data-motion
        className="min-w-0 flex-1 px-4 py-4 outline-none lg:px-6"
      >
        {children}
      </main>
      <footer className="px-4 pt-2 pb-[calc(1rem+var(--bottom-bar-h)+env(safe-area-inset-bottom))] lg:px-6">
        <MemoryNote />
      </footer>
      <Navigation place="bottom" />
      {settled ? (
        <ShellLater
          helpOpen={helpOpen}
          onHelp={() => setHelpOpen((open) => !open)}
          onHelpClosed={() => setHelpOpen(false)}
        />
      ) : (
        STILL_ICON
      )}
    </div>
  );
}
