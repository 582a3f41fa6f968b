'use client';

/** Name and password. Stays busy once the answer is yes: the page is about to go on. */
import { useEffect, useRef, useState } from 'react';
import type { AccountClient } from '@/lib/client/account-client.ts';
import { ApiError } from '@/lib/client/api-client.ts';
import type { SessionInfo } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { useProblemWords } from '../live/problem-words.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { PasswordField } from '../ui/password-field.tsx';
import { UserNameField } from '../ui/user-name-field.tsx';
import { useAttempt } from './use-attempt.ts';

function useRefusalWords(): (error: unknown) => string {
  const t = useTranslations('login');
  const words = useProblemWords();
  return (error) => {
    if (error instanceof ApiError && error.code === 'wrong_credentials') return t('wrong');
    if (error instanceof ApiError && error.code === 'too_many_attempts') return t('tooMany');
    return words(error);
  };
}

export function SignInForm({
  account,
  onIn,
}: {
  account: AccountClient;
  onIn: (session: SessionInfo) => void;
}) {
  const t = useTranslations('login');
  const wordsOf = useRefusalWords();
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [asked, setAsked] = useState(false);
  const attempt = useAttempt(() => passwordField.current?.select());
  // Not by the attribute: the form comes after the page, when the server has said that it is wanted.
  useEffect(() => nameField.current?.focus(), []);

  const missing = (text: string): string | undefined => (asked && text === '' ? t('missing') : undefined);
  return (
    <form
      className="flex flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (name.trim() === '') nameField.current?.focus();
        else if (password === '') passwordField.current?.focus();
        else attempt.make(() => account.signIn(name.trim(), password), onIn);
      }}
    >
      {attempt.error === null ? null : (
        <Notice tone="danger" live>
          <p>{wordsOf(attempt.error)}</p>
        </Notice>
      )}
      <UserNameField
        ref={nameField}
        label={t('name')}
        error={missing(name.trim())}
        value={name}
        onChange={setName}
      />
      <PasswordField
        ref={passwordField}
        label={t('password')}
        error={missing(password)}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      <Button type="submit" tone="primary" disabled={attempt.busy || attempt.waitS > 0}>
        {attempt.busy
          ? t('busy')
          : attempt.waitS > 0
            ? t('submitIn', { seconds: attempt.waitS })
            : t('submit')}
      </Button>
      <p className="text-xs text-muted">{t('forgotten')}</p>
    </form>
  );
}
