'use client';

/** What happened when the page's list could not be read, and what to do about it. Fetched after the page. */
import { useTranslations } from '../i18n/language.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import type { ReadProblem } from './read-problem.ts';

/** `title`: what could not be read. `kept`: an older answer is still shown. */
export default function ReadFailure({
  title,
  problem,
  kept,
  onRetry,
}: {
  title: string;
  problem: ReadProblem;
  kept: boolean;
  onRetry: () => void;
}) {
  const t = useTranslations('common.readFailure');
  const retry = useTranslations('common.action')('retry');
  return (
    <Notice
      tone="danger"
      live
      title={title}
      className="mb-3"
      actions={<Button onClick={onRetry}>{retry}</Button>}
    >
      {problem.code === 'network' ? t('network') : t('answer', { detail: problem.detail })}
      {kept ? ` ${t('kept')}` : null}
    </Notice>
  );
}
