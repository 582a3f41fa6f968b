'use client';

/** Transport and age of the view, always in sight; pressed, it tells the rest. Age comes from frames, not from sockets. */
import { type ReactNode, useId, useState } from 'react';
import { useLive, useLiveHandle, useNow } from '@/lib/client/use-live.ts';
import type { Link, LinkStatus } from '@/lib/client/view-store.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { classNames } from '../ui/class-names.ts';
import { ChevronDown, CirclePause, RefreshCw, TriangleAlert, Unplug } from '../ui/icons.tsx';
import { optional } from '../ui/optional.ts';
import { type PillTone, pillClass } from '../ui/pill.tsx';
import { StateShape } from '../ui/state-shape.tsx';
import { ONE_DIGIT, useSpanWords } from './link-words.ts';

const ConnectionDetails = optional(() => import('./connection-details.tsx'));

const TONE: Readonly<Record<LinkStatus, PillTone>> = {
  idle: 'neutral',
  connecting: 'neutral',
  live: 'up',
  'catching-up': 'late',
  reconnecting: 'down',
  stale: 'down',
  'signed-out': 'down',
  paused: 'accent',
  stopped: 'neutral',
};

function PillIcon({ status, fallback }: { status: LinkStatus; fallback: boolean }): ReactNode {
  switch (status) {
    case 'live':
      return fallback ? <TriangleAlert size={13} aria-hidden /> : <StateShape kind="up" size={10} />;
    case 'catching-up':
    case 'connecting':
      return <RefreshCw size={13} aria-hidden />;
    case 'paused':
      return <CirclePause size={13} aria-hidden />;
    case 'stale':
      return <TriangleAlert size={13} aria-hidden />;
    default:
      return <Unplug size={13} aria-hidden />;
  }
}

/** What the pill says about a link at `nowMs` on this browser's clock. */
export function useLinkWords(link: Link, nowMs: number): string {
  const t = useTranslations('live');
  const format = useFormatter();
  const spanWords = useSpanWords();
  const transport = t(`transport.${link.transport ?? 'socketio'}`);
  const ageMs = link.lastFrameAtMs === null || nowMs === 0 ? null : Math.max(0, nowMs - link.lastFrameAtMs);
  switch (link.status) {
    case 'idle':
    case 'connecting':
      return t('pill.connecting', { transport });
    case 'live':
      return ageMs === null
        ? t('pill.first', { transport })
        : t('pill.live', { transport, age: format.number(ageMs / 1000, ONE_DIGIT) });
    case 'catching-up':
      return t('pill.catchingUp', { transport });
    case 'reconnecting': {
      const waitMs = link.retryAtMs === null ? 0 : link.retryAtMs - nowMs;
      return waitMs > 0
        ? t('pill.retryIn', { seconds: format.number(Math.ceil(waitMs / 1000)) })
        : t('pill.retrying');
    }
    case 'stale':
      return t('pill.stale', { age: spanWords(ageMs ?? 0) });
    case 'paused':
      return t('pill.paused');
    case 'signed-out':
      return t('pill.signedOut');
    case 'stopped':
      return t('pill.stopped');
  }
}

/**
 * The link as it stood at the last tick of the clock or the last change of what it is. Frames may renew it ten
 * times a second; an age that is shown once a second must not be read at a frame, or it would always be 0.
 */
export function useLinkAtTicks(): Link {
  const { store } = useLiveHandle();
  useNow();
  useLive((state) => state.link.status);
  useLive((state) => state.link.transport);
  useLive((state) => state.link.mode);
  useLive((state) => state.link.retryAtMs);
  useLive((state) => state.link.fallback?.from);
  return store.getState().link;
}

export function ConnectionPill({ className }: { className?: string }) {
  const t = useTranslations('live');
  const nowMs = useNow();
  const link = useLinkAtTicks();
  const words = useLinkWords(link, nowMs);
  const id = useId();
  const [open, setOpen] = useState(false);
  const tone = link.status === 'live' && link.fallback !== null ? 'late' : TONE[link.status];
  return (
    <>
      <button
        type="button"
        popoverTarget={id}
        data-testid="connection-pill"
        data-status={link.status}
        data-transport={link.transport ?? undefined}
        className={classNames(pillClass(tone), 'h-7 min-w-0 hover:brightness-95', className)}
      >
        <PillIcon status={link.status} fallback={link.fallback !== null} />
        <span className="sr-only">{t('pill.label')}: </span>
        <span className="truncate">{words}</span>
        <ChevronDown size={12} aria-hidden />
      </button>
      <section
        id={id}
        popover="auto"
        aria-label={t('details.title')}
        onToggle={(event) => setOpen(event.newState === 'open')}
        className="fixed inset-auto top-13 right-2 m-0 w-[min(22rem,calc(100vw-1rem))] rounded-lg border border-control bg-surface p-4 text-text shadow-pop sm:right-4"
      >
        {open ? <ConnectionDetails link={link} nowMs={nowMs} /> : null}
      </section>
    </>
  );
}
