'use client';

/** Who did what, newest first, in pages. What people typed stands as text, whatever it looks like. */
import { useState } from 'react';
import type { AuditEntry, AuditPage } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { AnswerList, Refusal } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { useAnswer } from './use-answer.ts';
import { useCommand } from './use-command.ts';

/** The page's first part may have been read again since: then these do not follow on it. */
type Older = {
  readonly after: AuditPage;
  readonly entries: readonly AuditEntry[];
  readonly next: string | null;
};

function Entry({ entry }: { entry: AuditEntry }) {
  const t = useTranslations('settings.audit');
  const beside = [entry.target, entry.detail].filter((words) => words !== null && words !== '');
  return (
    <li className="flex flex-wrap gap-x-3 border-b border-line py-1.5 last:border-0">
      <span className="w-24 shrink-0 text-muted">
        <RelativeTime atMs={entry.at} />
      </span>
      <span className="min-w-0 flex-1 basis-56">
        <span className="break-words">
          {t('entry', { actor: entry.actor, action: t(`action.${entry.action}`) })}
        </span>
        {beside.length > 0 ? (
          <bdi className="block text-xs break-words text-muted">{beside.join(' · ')}</bdi>
        ) : null}
      </span>
    </li>
  );
}

export function AuditPanel() {
  const t = useTranslations('settings.audit');
  const account = useAccount();
  const newest = useAnswer((signal) => account.audit(undefined, signal));
  const reading = useCommand();
  const [older, setOlder] = useState<Older | null>(null);
  return (
    <Panel
      title={t('title')}
      hint={t('hint')}
      actions={<Button onClick={newest.readAgain}>{t('refresh')}</Button>}
    >
      <AnswerList from={newest}>
        {(page) => {
          const follows = older?.after === page ? older : null;
          const entries = [...page.entries, ...(follows?.entries ?? [])];
          const next = follows === null ? page.nextCursor : follows.next;
          if (entries.length === 0) return <p className="text-sm text-muted">{t('none')}</p>;
          return (
            <>
              <ol className="-my-1.5 text-sm" data-testid="audit">
                {entries.map((entry, place) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the log only grows at its other end.
                  <Entry key={place} entry={entry} />
                ))}
              </ol>
              <Refusal of={reading} />
              {next === null ? null : (
                <Button
                  className="mt-3"
                  disabled={reading.busy}
                  onClick={() =>
                    reading.give(
                      () => account.audit(next),
                      (came) =>
                        setOlder({
                          after: page,
                          entries: [...(follows?.entries ?? []), ...came.entries],
                          next: came.nextCursor,
                        }),
                    )
                  }
                >
                  {t('older')}
                </Button>
              )}
            </>
          );
        }}
      </AnswerList>
    </Panel>
  );
}
