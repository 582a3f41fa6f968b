'use client';

/** The one rule for a password somebody wants to have, and what is wrong with one in the reader's words. */
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';

export type PasswordWords = {
  readonly rule: string;
  /** Null: it is accepted. */
  readonly faultOf: (password: string) => string | null;
};

export function usePasswordWords(): PasswordWords {
  const t = useTranslations('common.password');
  return {
    rule: t('rule', { min: MIN_PASSWORD_LENGTH }),
    faultOf: (password) => {
      const missing = MIN_PASSWORD_LENGTH - password.length;
      if (password === '') return t('shortEmpty', { min: MIN_PASSWORD_LENGTH });
      if (missing > 0) return t('short', { min: MIN_PASSWORD_LENGTH, missing });
      return password.length > MAX_PASSWORD_LENGTH ? t('long', { max: MAX_PASSWORD_LENGTH }) : null;
    },
  };
}
