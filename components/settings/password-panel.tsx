'use client';

/** Changing one's own password. The name stands in it unseen, so that a password manager knows whose it is. */
import { useRef, useState } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { usePasswordWords } from '../live/new-password.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { PasswordField } from '../ui/password-field.tsx';
import { showToast } from '../ui/toast.ts';
import { Refusal } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { useCommand } from './use-command.ts';

export function PasswordPanel({ name }: { name: string }) {
  const t = useTranslations('settings.password');
  const words = usePasswordWords();
  const account = useAccount();
  const command = useCommand();
  const currentField = useRef<HTMLInputElement>(null);
  const nextField = useRef<HTMLInputElement>(null);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [asked, setAsked] = useState(false);
  const currentFault = current === '' ? t('missing') : null;
  const nextFault = next !== '' && next === current ? t('same') : words.faultOf(next);
  const said = (fault: string | null): string | undefined => (asked && fault !== null ? fault : undefined);
  const changed = (): void => {
    setCurrent('');
    setNext('');
    setAsked(false);
    showToast({ text: t('changed') });
  };
  return (
    <Panel title={t('title')} hint={t('hint')}>
      <form
        noValidate
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (currentFault !== null) currentField.current?.focus();
          else if (nextFault !== null) nextField.current?.focus();
          else command.give(() => account.changePassword({ current, password: next }), changed);
        }}
      >
        <Refusal of={command} />
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        <PasswordField
          ref={currentField}
          name="current-password"
          label={t('current')}
          error={said(currentFault)}
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
        />
        <PasswordField
          ref={nextField}
          name="new-password"
          label={t('next')}
          hint={said(nextFault) ? undefined : words.rule}
          error={said(nextFault)}
          autoComplete="new-password"
          value={next}
          onChange={setNext}
        />
        <Button type="submit" disabled={command.busy} className="self-start">
          {command.busy ? t('busy') : t('submit')}
        </Button>
      </form>
    </Panel>
  );
}
