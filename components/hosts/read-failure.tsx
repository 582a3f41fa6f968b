'use client';

/** What happened when hosts could not be read, and what to do about it. */
import { useTranslations } from '../i18n/language.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import type { ReadProblem } from './use-host-window.ts';

export function ReadFailure({
  problem,
  kept,
  onRetry,
}: {
  problem: ReadProblem;
  kept: boolean;
  onRetry: () => void;
}) {
  const t = useTranslations('hosts.failed');
  const retry = useTranslations('common.action')('retry');
  return (
    <Notice
      tone="danger"
      live
      title={t('title')}
      className="mb-3"
      actions={<Button onClick={onRetry}>{retry}</Button>}
    >
      {problem.code === 'network' ? t('network') : t('answer', { detail: problem.detail })}
      {kept ? ` ${t('kept')}` : null}
    </Notice>
  );
}
