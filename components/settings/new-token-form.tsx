'use client';

/** What a new API token is for, what it may do, and until when. */
import { useEffect, useId, useRef, useState } from 'react';
import { mayActAs, type NewToken, ROLES, type Role } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input, Select } from '../ui/field.tsx';
import { Refusal } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { useCommand } from './use-command.ts';

const MAX_NAME_LENGTH = 64;
const DAY_MS = 86_400_000;
const EXPIRIES = { d30: 30 * DAY_MS, d90: 90 * DAY_MS, y1: 365 * DAY_MS, never: undefined } as const;
type Expiry = keyof typeof EXPIRIES;

export function NewTokenForm({
  role: ownRole,
  onMade,
  onClose,
}: {
  role: Role;
  onMade: (token: NewToken) => void;
  onClose: () => void;
}) {
  const t = useTranslations('settings.tokens');
  const roleWord = useTranslations('common.role');
  const help = useTranslations('settings.users');
  const common = useTranslations('common.action');
  const account = useAccount();
  const command = useCommand();
  const formId = useId();
  const nameField = useRef<HTMLInputElement>(null);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [expiry, setExpiry] = useState<Expiry>('d90');
  const [missing, setMissing] = useState(false);
  // After the dialog has opened itself, which puts the focus on its close button.
  useEffect(() => nameField.current?.focus(), []);
  const submit = (): void => {
    if (name.trim() === '') {
      setMissing(true);
      nameField.current?.focus();
      return;
    }
    const expiresInMs = EXPIRIES[expiry];
    const request = { name: name.trim(), role, ...(expiresInMs === undefined ? {} : { expiresInMs }) };
    command.give(() => account.createToken(request), onMade);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('create')}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={command.busy}>
            {t('submit')}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        className="flex flex-col gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Refusal of={command} />
        <Field label={t('name')} hint={t('nameHint')} error={missing ? t('nameMissing') : undefined}>
          {(control) => (
            <Input
              {...control}
              ref={nameField}
              autoComplete="off"
              maxLength={MAX_NAME_LENGTH}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setMissing(false);
              }}
            />
          )}
        </Field>
        <Field label={t('role')}>
          {(control) => (
            <Select {...control} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {ROLES.filter((one) => mayActAs(ownRole, one)).map((one) => (
                <option key={one} value={one}>
                  {help('roleOption', { role: roleWord(one), help: help(`roleHelp.${one}`) })}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('expires')}>
          {(control) => (
            <Select {...control} value={expiry} onChange={(event) => setExpiry(event.target.value as Expiry)}>
              {(Object.keys(EXPIRIES) as Expiry[]).map((one) => (
                <option key={one} value={one}>
                  {t(`expiry.${one}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
