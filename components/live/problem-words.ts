'use client';

/** What went wrong with something the reader asked the server to do, in their language, and what follows from it. */
import { useCallback } from 'react';
import { ApiError } from '@/lib/client/api-client.ts';
import { useTranslations } from '../i18n/language.ts';

/** What the server said of its own accord stands as it is, in English. Gives a stable function. */
export function useProblemWords(): (error: unknown) => string {
  const t = useTranslations('common.problem');
  return useCallback(
    (error: unknown) => {
      if (!(error instanceof ApiError)) return t('other', { detail: String(error) });
      switch (error.code) {
        case 'network':
          return t('network');
        case 'unauthenticated':
          return t('signedOut');
        case 'wrong_credentials':
          return t('wrongPassword');
        case 'forbidden':
          return t('forbidden');
        case 'too_many_attempts':
          return t('tooMany', { seconds: Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1_000)) });
        case 'store_unavailable':
          return t('store');
        case 'last_administrator':
          return t('lastAdministrator');
        case 'already_exists':
          return t('exists');
        default:
          return t('other', { detail: error.detail });
      }
    },
    [t],
  );
}
