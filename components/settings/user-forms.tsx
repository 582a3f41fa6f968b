'use client';

/** The questions about a user: a new one, another role, another password. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { isUserName, ROLES, type Role, type UserInfo } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { usePasswordWords } from '../live/new-password.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input, Select } from '../ui/field.tsx';
import { PasswordField } from '../ui/password-field.tsx';
import { Refusal } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { type Command, useCommand } from './use-command.ts';

type FormProps = { onDone: () => void; onClose: () => void };

function FormDialog({
  title,
  action,
  command,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  action: string;
  command: Command;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const common = useTranslations('common.action');
  const formId = useId();
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={command.busy}>
            {action}
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
          onSubmit();
        }}
      >
        <Refusal of={command} />
        {children}
      </form>
    </Dialog>
  );
}

function RoleField({ role, onChange }: { role: Role; onChange: (role: Role) => void }) {
  const t = useTranslations('settings.users');
  const word = useTranslations('common.role');
  return (
    <Field label={t('role')}>
      {(control) => (
        <Select {...control} value={role} onChange={(event) => onChange(event.target.value as Role)}>
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {t('roleOption', { role: word(one), help: t(`roleHelp.${one}`) })}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

export function NewUserForm({ onDone, onClose }: { onDone: (name: string) => void; onClose: () => void }) {
  const t = useTranslations('settings.users');
  const words = usePasswordWords();
  const account = useAccount();
  const command = useCommand();
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [password, setPassword] = useState('');
  const [asked, setAsked] = useState(false);
  useEffect(() => nameField.current?.focus(), []);
  const nameFault = isUserName(name.trim()) ? null : t('nameWrong');
  const passwordFault = words.faultOf(password);
  const submit = (): void => {
    setAsked(true);
    if (nameFault !== null) nameField.current?.focus();
    else if (passwordFault !== null) passwordField.current?.focus();
    else {
      const request = { name: name.trim(), role, password };
      command.give(
        () => account.createUser(request),
        () => onDone(request.name),
      );
    }
  };
  return (
    <FormDialog
      title={t('createTitle')}
      action={t('submit')}
      command={command}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field
        label={t('name')}
        hint={asked && nameFault ? undefined : t('nameHint')}
        error={asked && nameFault ? nameFault : undefined}
      >
        {(control) => (
          <Input
            {...control}
            ref={nameField}
            // Not one's own: a password manager must not fill it in.
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <RoleField role={role} onChange={setRole} />
      <PasswordField
        ref={passwordField}
        label={t('password')}
        hint={`${words.rule} ${t('passwordHint')}`}
        error={asked && passwordFault ? passwordFault : undefined}
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
      />
    </FormDialog>
  );
}

export function RoleForm({ user, onDone, onClose }: FormProps & { user: UserInfo }) {
  const t = useTranslations('settings.users');
  const account = useAccount();
  const command = useCommand();
  const [role, setRole] = useState(user.role);
  return (
    <FormDialog
      title={t('changeRoleTitle', { name: user.name })}
      action={t('changeRoleSubmit')}
      command={command}
      onSubmit={() => {
        if (role === user.role) onClose();
        else command.give(() => account.changeUser(user.name, { role }), onDone);
      }}
      onClose={onClose}
    >
      <RoleField role={role} onChange={setRole} />
      <p className="text-sm text-muted">{t('signedOutText', { name: user.name })}</p>
    </FormDialog>
  );
}

export function ResetForm({ user, onDone, onClose }: FormProps & { user: UserInfo }) {
  const t = useTranslations('settings.users');
  const words = usePasswordWords();
  const account = useAccount();
  const command = useCommand();
  const field = useRef<HTMLInputElement>(null);
  const [password, setPassword] = useState('');
  const [asked, setAsked] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const fault = words.faultOf(password);
  return (
    <FormDialog
      title={t('resetTitle', { name: user.name })}
      action={t('resetSubmit')}
      command={command}
      onSubmit={() => {
        setAsked(true);
        if (fault !== null) field.current?.focus();
        else command.give(() => account.changeUser(user.name, { password }), onDone);
      }}
      onClose={onClose}
    >
      <PasswordField
        ref={field}
        label={t('password')}
        hint={`${words.rule} ${t('passwordHint')}`}
        error={asked && fault ? fault : undefined}
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
      />
      <p className="text-sm text-muted">{t('signedOutText', { name: user.name })}</p>
    </FormDialog>
  );
}
