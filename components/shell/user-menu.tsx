'use client';

/** Who is signed in, as what, and the way out. Loaded after the page; nothing where there is no sign-in. */
import { useEffect, useId, useRef } from 'react';
import { onSessionChanged } from '@/lib/client/session-news.ts';
import { useTranslations } from '../i18n/language.ts';
import { useReadAboutAgain } from '../live/about.tsx';
import { useYou } from '../live/permissions.ts';
import { Button, TextLink } from '../ui/button.tsx';
import { LogOut, User } from '../ui/icons.tsx';
import { useSignOut } from './use-sign-out.ts';

export default function UserMenu() {
  const t = useTranslations('common.account');
  const role = useTranslations('common.role');
  const you = useYou();
  const readAgain = useReadAboutAgain();
  const signOut = useSignOut();
  const popover = useRef<HTMLElement>(null);
  const id = useId();
  // Another tab of this browser may have signed in as somebody else.
  useEffect(() => onSessionChanged(readAgain), [readAgain]);
  if (you === null) return null;
  return (
    <>
      <button
        type="button"
        popoverTarget={id}
        data-testid="user-menu"
        aria-label={t('menu', { name: you.name })}
        title={t('menu', { name: you.name })}
        data-motion
        className="inline-flex h-(--control-h) min-w-(--control-h) items-center justify-center gap-1.5 rounded-md border border-transparent px-1.5 text-sm font-medium text-muted hover:bg-raised hover:text-text"
      >
        <User size={16} aria-hidden className="shrink-0" />
        <span className="max-w-32 truncate max-xl:hidden">{you.name}</span>
      </button>
      <section
        ref={popover}
        id={id}
        popover="auto"
        aria-label={t('menu', { name: you.name })}
        className="fixed inset-auto top-13 right-2 m-0 w-[min(18rem,calc(100vw-1rem))] rounded-lg border border-control bg-surface p-4 text-text shadow-pop sm:right-4"
      >
        <p className="text-xs text-muted">{t('signedInAs')}</p>
        <p className="font-medium break-all">{you.name}</p>
        <p className="text-sm text-muted">{role(you.role)}</p>
        <p className="my-3 text-sm">
          <TextLink href="/settings#account" onClick={() => popover.current?.hidePopover()}>
            {t('settings')}
          </TextLink>
        </p>
        <Button onClick={signOut} className="w-full">
          <LogOut size={15} aria-hidden />
          {t('signOut')}
        </Button>
      </section>
    </>
  );
}
