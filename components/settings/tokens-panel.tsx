'use client';

/** API tokens: what there is and when it was last used, a new one shown once, and revoking. */
import { useEffect, useRef, useState } from 'react';
import type { NewToken, SignedInUser, TokenInfo } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { Button } from '../ui/button.tsx';
import { useNowMs } from '../ui/clock.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';
import { showToast } from '../ui/toast.ts';
import { NewTokenForm } from './new-token-form.tsx';
import { AnswerList, Confirmation, Row, whenTag } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { useAnswer } from './use-answer.ts';
import { useCommand } from './use-command.ts';

/** Stands in the page and not in a dialog: nothing but its own button takes it away. */
function MadeToken({ made, onDone }: { made: NewToken; onDone: () => void }) {
  const t = useTranslations('settings.tokens');
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => element.current?.focus(), []);
  return (
    <div ref={element} tabIndex={-1} className="mb-3 rounded-md" data-testid="made-token">
      <Notice tone="success" title={t('madeTitle', { name: made.name })} live>
        <p>{t('madeText')}</p>
        <p className="my-2">
          <code className="rounded-sm border border-line bg-surface px-1.5 py-1 text-xs break-all select-all">
            {made.token}
          </code>
        </p>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={made.token} label={t('copyLabel')} tone="primary" />
          <Button onClick={onDone}>{t('madeDone')}</Button>
        </div>
      </Notice>
    </div>
  );
}

function TokenRow({ token, own, onRevoke }: { token: TokenInfo; own: boolean; onRevoke: () => void }) {
  const t = useTranslations('settings.tokens');
  const role = useTranslations('common.role');
  const nowMs = useNowMs();
  const { expiresAt, lastUsedAt } = token;
  const expired = expiresAt !== null && nowMs !== null && expiresAt <= nowMs;
  return (
    <Row
      title={token.name}
      actions={
        <Button tone="danger" onClick={onRevoke} aria-label={t('revokeLabel', { name: token.name })}>
          {t('revoke')}
        </Button>
      }
    >
      <span>{role(token.role)}</span>
      {own ? null : <span>{t('ofUser', { user: token.user })}</span>}
      <span>{lastUsedAt === null ? t('neverUsed') : t.rich('lastUsed', whenTag(lastUsedAt))}</span>
      {expiresAt === null ? (
        <span>{t('neverExpires')}</span>
      ) : (
        <span className={expired ? 'text-down-text' : undefined}>
          {t.rich(expired ? 'expired' : 'expiresAt', whenTag(expiresAt))}
        </span>
      )}
    </Row>
  );
}

export function TokensPanel({ you }: { you: SignedInUser }) {
  const t = useTranslations('settings.tokens');
  const account = useAccount();
  const list = useAnswer((signal) => account.tokens(signal));
  const revoking = useCommand();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewToken | null>(null);
  const [toRevoke, setToRevoke] = useState<TokenInfo | null>(null);
  return (
    <Panel
      title={t('title')}
      actions={
        <Button onClick={() => setMaking(true)} disabled={made !== null}>
          {t('create')}
        </Button>
      }
    >
      <p className="mb-3 text-sm text-muted">
        {t('hint')} {t.rich('usage', { code: (words) => <code className="text-xs">{words}</code> })}
      </p>
      {made === null ? null : <MadeToken made={made} onDone={() => setMade(null)} />}
      <AnswerList from={list}>
        {({ tokens }) =>
          tokens.length === 0 ? (
            <p className="text-sm text-muted">{t('none')}</p>
          ) : (
            <ul className="-my-2" data-testid="tokens">
              {tokens.map((token) => (
                <TokenRow
                  key={token.id}
                  token={token}
                  own={token.user === you.name}
                  onRevoke={() => setToRevoke(token)}
                />
              ))}
            </ul>
          )
        }
      </AnswerList>
      {making ? (
        <NewTokenForm
          role={you.role}
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false);
            setMade(token);
            list.readAgain();
          }}
        />
      ) : null}
      {toRevoke === null ? null : (
        <Confirmation
          title={t('revokeTitle', { name: toRevoke.name })}
          text={t('revokeText')}
          action={t('revoke')}
          command={revoking}
          onClose={() => setToRevoke(null)}
          onConfirm={() =>
            revoking.give(
              () => account.revokeToken(toRevoke.id),
              () => {
                setToRevoke(null);
                if (made?.id === toRevoke.id) setMade(null);
                showToast({ text: t('revoked') });
                list.readAgain();
              },
            )
          }
        />
      )}
    </Panel>
  );
}
