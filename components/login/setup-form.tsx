'use client';

/** The first administrator, made with the token from the server's log. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AccountClient } from '@/lib/client/account-client.ts';
import { ApiError } from '@/lib/client/api-client.ts';
import { isUserName, type SessionInfo } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { usePasswordWords } from '../live/new-password.ts';
import { useProblemWords } from '../live/problem-words.ts';
import { Button } from '../ui/button.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { PasswordField } from '../ui/password-field.tsx';
import { UserNameField } from '../ui/user-name-field.tsx';
import { useAttempt } from './use-attempt.ts';

const LOGS = [
  ['whereSystemd', 'journalctl -u pulsewatch -n 50'],
  ['whereDocker', 'docker logs pulsewatch'],
] as const;

function WhereTheLogIs() {
  const t = useTranslations('login.setup');
  return (
    <details className="text-sm">
      <summary className="min-h-6 font-medium">{t('where')}</summary>
      <ul className="mt-1 flex flex-col gap-1 text-muted">
        <li>{t('whereTerminal')}</li>
        {LOGS.map(([key, command]) => (
          <li key={key}>
            {t(key)}{' '}
            <code lang="en" className="block rounded-sm bg-raised px-1.5 py-0.5 text-xs break-all text-text">
              {command}
            </code>
          </li>
        ))}
        <li>{t('whereRestart')}</li>
      </ul>
    </details>
  );
}

function useRefusalWords(): (error: unknown) => ReactNode {
  const t = useTranslations('login');
  const words = useProblemWords();
  return (error) => {
    if (!(error instanceof ApiError)) return words(error);
    if (error.code === 'wrong_credentials') return t('setup.wrongToken');
    if (error.code === 'setup_done') return t('setup.done');
    return error.code === 'too_many_attempts' ? t('tooMany') : words(error);
  };
}

export function SetupForm({
  account,
  onIn,
  onDone,
}: {
  account: AccountClient;
  onIn: (session: SessionInfo) => void;
  /** Somebody else was quicker: there is an administrator now. */
  onDone: () => void;
}) {
  const t = useTranslations('login.setup');
  const login = useTranslations('login');
  const passwordWords = usePasswordWords();
  const wordsOf = useRefusalWords();
  const tokenField = useRef<HTMLInputElement>(null);
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const [token, setToken] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [asked, setAsked] = useState(false);
  const attempt = useAttempt(() => tokenField.current?.select());
  const { error } = attempt;
  useEffect(() => {
    if (error instanceof ApiError && error.code === 'setup_done') onDone();
  }, [error, onDone]);
  useEffect(() => tokenField.current?.focus(), []);

  const tokenFault = token.trim() === '' ? login('missing') : null;
  const nameFault = isUserName(name.trim()) ? null : t('nameWrong');
  const passwordFault = passwordWords.faultOf(password);
  const submit = (): void => {
    setAsked(true);
    const wrong = tokenFault ? tokenField : nameFault ? nameField : passwordFault ? passwordField : null;
    if (wrong !== null) wrong.current?.focus();
    else attempt.make(() => account.setUp({ token: token.trim(), name: name.trim(), password }), onIn);
  };
  const said = (fault: string | null): string | undefined => (asked && fault !== null ? fault : undefined);
  return (
    <form
      className="flex flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <p className="text-sm text-muted">{t('intro')}</p>
      {error === null ? null : (
        <Notice tone="danger" live>
          <p>{wordsOf(error)}</p>
        </Notice>
      )}
      <Field label={t('token')} hint={t('tokenHint')} error={said(tokenFault)}>
        {(control) => (
          <Input
            {...control}
            ref={tokenField}
            name="setup-token"
            autoComplete="off"
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            maxLength={200}
            className="font-mono"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        )}
      </Field>
      <WhereTheLogIs />
      <UserNameField
        ref={nameField}
        label={t('name')}
        hint={said(nameFault) ? undefined : t('nameHint')}
        error={said(nameFault)}
        value={name}
        onChange={setName}
      />
      <PasswordField
        ref={passwordField}
        label={login('password')}
        hint={said(passwordFault) ? undefined : passwordWords.rule}
        error={said(passwordFault)}
        autoComplete="new-password"
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
    </form>
  );
}
