'use client';

/** Signing out of this browser: the session ends, the other tabs hear of it, and the page becomes the sign-in page. */
import { useCallback } from 'react';
import { createAccountClient } from '@/lib/client/account-client.ts';
import { ApiError } from '@/lib/client/api-client.ts';
import { tellSessionChanged } from '@/lib/client/session-news.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { useProblemWords } from '../live/problem-words.ts';
import { showToast } from '../ui/toast.ts';

const LEFT_ALL_THE_SAME: ReadonlySet<string> = new Set(['unauthenticated', 'store_unavailable']);

/** Never rejects: where it did not work that is said, and one is still signed in. */
export function useSignOut(): () => void {
  const { api } = useLiveHandle();
  const t = useTranslations('common.account');
  const words = useProblemWords();
  return useCallback(() => {
    const leave = (): void => {
      tellSessionChanged();
      window.location.assign('/login');
    };
    createAccountClient(api)
      .signOut()
      .then(leave, (error: unknown) => {
        // Signed out elsewhere meanwhile, or only this browser could be made to forget: here it has happened.
        if (error instanceof ApiError && LEFT_ALL_THE_SAME.has(error.code)) leave();
        else showToast({ text: t('signOutFailed', { why: words(error) }), tone: 'danger' });
      });
  }, [api, t, words]);
}
