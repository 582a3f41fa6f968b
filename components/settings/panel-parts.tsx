'use client';

/** What the panels share: a fact, a list that is read, a row of it, a refusal, a question before the last step. */
import type { ReactNode } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { useProblemWords } from '../live/problem-words.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import type { Answer } from './use-answer.ts';
import type { Command } from './use-command.ts';

/** For messages with `<when></when>` in them. */
export const whenTag = (atMs: number) => ({ when: () => <RelativeTime atMs={atMs} /> });

/** One line of a `dl`; without content it is on its way. */
export function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-6 border-b border-line py-1.5 last:border-0">
      <dt className="text-muted">{term}</dt>
      <dd className="ml-auto min-w-0 text-right">{children ?? <Skeleton className="w-20" />}</dd>
    </div>
  );
}

/** The list while it is read, why it could not be, and what there is. */
export function AnswerList<T>({
  from: { answer, error, readAgain },
  children,
}: {
  from: Answer<T>;
  children: (answer: T) => ReactNode;
}) {
  const t = useTranslations('settings.account');
  const common = useTranslations('common.action');
  const words = useProblemWords();
  return (
    <>
      {error === null ? null : (
        <Notice tone="danger" live actions={<Button onClick={readAgain}>{common('retry')}</Button>}>
          <p>{t('loadFailed', { why: words(error) })}</p>
        </Notice>
      )}
      {answer !== null ? children(answer) : error === null ? <Skeleton className="h-16 w-full" /> : null}
    </>
  );
}

/** One entry: what it is, with a quiet line below, and what can be done about it. */
export function Row({
  title,
  children,
  actions,
}: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1.5 border-b border-line py-2 last:border-0">
      <div className="min-w-0 flex-1 basis-48 text-sm">
        <p className="font-medium break-words">{title}</p>
        {children ? <p className="flex flex-wrap gap-x-3 text-xs text-muted">{children}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
    </li>
  );
}

export function Refusal({ of }: { of: Command }) {
  return of.problem === null ? null : (
    <Notice tone="danger" live>
      <p>{of.problem}</p>
    </Notice>
  );
}

/** Asks before what cannot be taken back. */
export function Confirmation({
  title,
  text,
  action,
  command,
  onConfirm,
  onClose,
}: {
  title: string;
  text: ReactNode;
  action: string;
  command: Command;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const common = useTranslations('common.action');
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button tone="danger" disabled={command.busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Refusal of={command} />
        <p className="text-sm">{text}</p>
      </div>
    </Dialog>
  );
}
