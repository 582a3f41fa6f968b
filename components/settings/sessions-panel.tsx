'use client';

/** Where one is signed in, and the way to end that; for administrators also where others are. */
import { useState } from 'react';
import type { SessionSummary } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { Pill } from '../ui/pill.tsx';
import { showToast } from '../ui/toast.ts';
import { deviceOf } from './device.ts';
import { AnswerList, Refusal, Row, whenTag } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { useAnswer } from './use-answer.ts';
import { useCommand } from './use-command.ts';

function useDeviceWords(): (session: SessionSummary) => string {
  const t = useTranslations('settings.sessions');
  return ({ userAgent }) => {
    const device = deviceOf(userAgent);
    if (device === null) return t('unknown');
    return device.system === null
      ? device.browser
      : t('device', { browser: device.browser, system: device.system });
  };
}

function SessionRow({
  session,
  foreign = false,
  busy,
  onRevoke,
}: {
  session: SessionSummary;
  foreign?: boolean;
  busy: boolean;
  onRevoke: () => void;
}) {
  const t = useTranslations('settings.sessions');
  const words = useDeviceWords()(session);
  const device = foreign ? t('ofUser', { user: session.user, device: words }) : words;
  return (
    <Row
      title={
        <>
          <span title={session.userAgent ?? undefined}>{device}</span>
          {session.current ? (
            <Pill tone="up" className="ml-2">
              {t('here')}
            </Pill>
          ) : null}
        </>
      }
      actions={
        session.current ? null : (
          <Button
            disabled={busy}
            onClick={onRevoke}
            aria-label={t('revokeLabel', { device, address: session.address ?? '–' })}
          >
            {t('revoke')}
          </Button>
        )
      }
    >
      {session.address === null ? null : <code>{session.address}</code>}
      <span>{t.rich('lastSeen', whenTag(session.lastSeenAt))}</span>
      <span>{t.rich('since', whenTag(session.createdAt))}</span>
    </Row>
  );
}

export function SessionsPanel({ name }: { name: string }) {
  const t = useTranslations('settings.sessions');
  const account = useAccount();
  const list = useAnswer((signal) => account.sessions(signal));
  const command = useCommand();
  const [foreignOpen, setForeignOpen] = useState(false);
  const sessions = list.answer?.sessions ?? [];
  const own = sessions.filter(({ user }) => user === name);
  const foreign = sessions.filter(({ user }) => user !== name);
  const elsewhere = own.filter(({ current }) => !current);

  const revoke = ({ id }: SessionSummary): void =>
    command.give(
      () => account.revokeSession(id),
      () => {
        showToast({ text: t('revoked') });
        list.readAgain();
      },
    );
  const revokeElsewhere = async (): Promise<number> => {
    for (const { id } of elsewhere) await account.revokeSession(id);
    return elsewhere.length;
  };
  return (
    <Panel
      title={t('title')}
      hint={t('hint')}
      actions={
        elsewhere.length === 0 ? null : (
          <Button
            disabled={command.busy}
            onClick={() =>
              command.give(revokeElsewhere, (count) => {
                showToast({ text: t('othersDone', { count }) });
                list.readAgain();
              })
            }
          >
            {t('others')}
          </Button>
        )
      }
    >
      <Refusal of={command} />
      <AnswerList from={list}>
        {() => (
          <>
            {own.length === 0 ? <p className="text-sm text-muted">{t('none')}</p> : null}
            <ul className="-my-2" data-testid="own-sessions">
              {own.map((session) => (
                <SessionRow
                  key={session.id}
                  session={session}
                  busy={command.busy}
                  onRevoke={() => revoke(session)}
                />
              ))}
            </ul>
            {foreign.length === 0 ? null : (
              <details
                className="mt-4 text-sm"
                onToggle={(event) => setForeignOpen(event.currentTarget.open)}
              >
                <summary className="min-h-6 font-medium">{t('foreign', { count: foreign.length })}</summary>
                {foreignOpen ? (
                  <ul data-testid="foreign-sessions">
                    {foreign.map((session) => (
                      <SessionRow
                        key={session.id}
                        session={session}
                        foreign
                        busy={command.busy}
                        onRevoke={() => revoke(session)}
                      />
                    ))}
                  </ul>
                ) : null}
              </details>
            )}
          </>
        )}
      </AnswerList>
    </Panel>
  );
}
