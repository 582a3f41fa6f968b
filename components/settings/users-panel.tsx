'use client';

/** Everyone who can sign in, for administrators: add, change, delete. The last administrator stays one. */
import { useState } from 'react';
import type { UserInfo } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { Pill } from '../ui/pill.tsx';
import { showToast } from '../ui/toast.ts';
import { AnswerList, Confirmation, Row, whenTag } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { useAnswer } from './use-answer.ts';
import { useCommand } from './use-command.ts';
import { NewUserForm, ResetForm, RoleForm } from './user-forms.tsx';

type Asking =
  | { readonly about: 'new' }
  | { readonly about: 'role' | 'password' | 'delete'; readonly user: UserInfo };

function UserRow({
  user,
  own,
  last,
  onAsk,
}: {
  user: UserInfo;
  own: boolean;
  /** The only administrator there is. */
  last: boolean;
  onAsk: (about: 'role' | 'password' | 'delete') => void;
}) {
  const t = useTranslations('settings.users');
  const role = useTranslations('common.role');
  const { name, lastSeenAt } = user;
  return (
    <Row
      title={
        <>
          {name}
          {own ? <Pill className="ml-2">{t('you')}</Pill> : null}
        </>
      }
      actions={
        <>
          {last ? null : (
            <Button onClick={() => onAsk('role')} aria-label={t('changeRoleLabel', { name })}>
              {t('changeRole')}
            </Button>
          )}
          {own ? null : (
            <Button onClick={() => onAsk('password')} aria-label={t('resetLabel', { name })}>
              {t('reset')}
            </Button>
          )}
          {last ? null : (
            <Button tone="danger" onClick={() => onAsk('delete')} aria-label={t('deleteLabel', { name })}>
              {t('delete')}
            </Button>
          )}
        </>
      }
    >
      <span>{role(user.role)}</span>
      <span>{lastSeenAt === null ? t('never') : t.rich('seen', whenTag(lastSeenAt))}</span>
      {last ? <span>{t('lastAdministrator')}</span> : null}
    </Row>
  );
}

export function UsersPanel({ name: ownName }: { name: string }) {
  const t = useTranslations('settings.users');
  const account = useAccount();
  const list = useAnswer((signal) => account.users(signal));
  const deleting = useCommand();
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = (): void => setAsking(null);
  const done = (text: string): void => {
    close();
    showToast({ text });
    list.readAgain();
  };
  const forms = (open: Asking) => {
    if (open.about === 'new') {
      return <NewUserForm onClose={close} onDone={(name) => done(t('created', { name }))} />;
    }
    const { about, user } = open;
    const { name } = user;
    if (about === 'role') {
      return <RoleForm user={user} onClose={close} onDone={() => done(t('changed', { name }))} />;
    }
    if (about === 'password') {
      return <ResetForm user={user} onClose={close} onDone={() => done(t('resetDone', { name }))} />;
    }
    return (
      <Confirmation
        title={t('deleteTitle', { name })}
        text={t('deleteText')}
        action={t('delete')}
        command={deleting}
        onClose={close}
        onConfirm={() =>
          deleting.give(
            () => account.deleteUser(name),
            () => done(t('deleted', { name })),
          )
        }
      />
    );
  };
  return (
    <Panel
      title={t('title')}
      hint={t('hint')}
      actions={<Button onClick={() => setAsking({ about: 'new' })}>{t('create')}</Button>}
    >
      <AnswerList from={list}>
        {({ users }) => {
          const administrators = users.filter(({ role }) => role === 'administrator').length;
          return (
            <ul className="-my-2" data-testid="users">
              {users.map((user) => (
                <UserRow
                  key={user.name}
                  user={user}
                  own={user.name === ownName}
                  last={user.role === 'administrator' && administrators === 1}
                  onAsk={(about) => setAsking({ about, user })}
                />
              ))}
            </ul>
          );
        }}
      </AnswerList>
      {asking === null ? null : forms(asking)}
    </Panel>
  );
}
