'use client';

/** The one polite live region that speaks of hosts: how many are down, whether the view is live, whether all are heard. Coalesced. */
import { useEffect, useRef, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { LiveState } from '@/lib/client/view-store.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { announceAtMs } from './announcement-pace.ts';
import { isInDoubt, subscribeDoubt } from './doubt.ts';

/** What there is to say something about; null before the first snapshot. */
type Standing = { readonly down: number; readonly stale: boolean; readonly doubt: boolean };

function standingOf({ counts, stale }: LiveState): Standing | null {
  return counts === null ? null : { down: counts.down, stale, doubt: isInDoubt() };
}

const isSame = (a: Standing, b: Standing): boolean =>
  a.down === b.down && a.stale === b.stale && a.doubt === b.doubt;

export function Announcer() {
  const { store } = useLiveHandle();
  const t = useTranslations('live.announce');
  const format = useFormatter();
  const [text, setText] = useState('');

  const speak = useRef<(from: Standing, to: Standing) => void>(() => undefined);
  useEffect(() => {
    speak.current = (from, to) => {
      const parts: string[] = [];
      const signedOut = store.getState().link.status === 'signed-out';
      const lost = signedOut ? t('signedOut') : t('stale');
      if (from.stale !== to.stale) parts.push(to.stale ? lost : t('live'));
      if (from.doubt !== to.doubt) parts.push(t(to.doubt ? 'doubt' : 'noDoubt'));
      if (from.down !== to.down) parts.push(t('down', { count: to.down, before: format.number(from.down) }));
      setText(parts.join(' '));
    };
  });

  useEffect(() => {
    let announced = standingOf(store.getState());
    let lastAtMs: number | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const announce = (): void => {
      timer = undefined;
      const standing = standingOf(store.getState());
      if (!announced || !standing) return;
      // Gone back to what was said last: nothing to say.
      if (isSame(standing, announced)) return;
      lastAtMs = performance.now();
      speak.current(announced, standing);
      announced = standing;
    };
    const look = (): void => {
      const standing = standingOf(store.getState());
      if (standing === null || timer !== undefined) return;
      if (announced === null) {
        announced = standing;
        return;
      }
      if (isSame(standing, announced)) return;
      const nowMs = performance.now();
      timer = setTimeout(announce, announceAtMs(nowMs, lastAtMs) - nowMs);
    };
    const unsubscribes = [store.subscribe(look), subscribeDoubt(look)];
    return () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      clearTimeout(timer);
    };
  }, [store]);

  return (
    <div role="status" aria-live="polite" data-testid="announcer" className="sr-only">
      {text}
    </div>
  );
}
