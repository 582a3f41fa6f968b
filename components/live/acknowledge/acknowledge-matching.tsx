'use client';

/**
 * "Acknowledge all that match": the server counts first, the count is shown, the server acknowledges by filter those
 * that were down at the position of the count. Fetched after the page.
 */
import { useEffect, useRef } from 'react';
import { ApiError } from '@/lib/client/api-client.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { HostFilter } from '@/lib/protocol/api.ts';
import { useTranslations } from '../../i18n/language.ts';
import { Button } from '../../ui/button.tsx';
import { showToast } from '../../ui/toast.ts';
import { FilterWords } from './filter-words.tsx';
import type { AcknowledgeFlow } from './use-acknowledge-flow.tsx';

export default function AcknowledgeMatching({
  filter,
  label,
  flow,
  onDone,
}: {
  filter: HostFilter;
  label: string;
  flow: AcknowledgeFlow;
  onDone?: () => void;
}) {
  const t = useTranslations('alerts.ack');
  const { api } = useLiveHandle();
  const counting = useRef<AbortController | null>(null);
  useEffect(() => () => counting.current?.abort(), []);

  const about = (count: number | null) => (
    <FilterWords filter={filter}>{count === null ? t('counting') : t('matching', { count })}</FilterWords>
  );
  const start = async () => {
    counting.current?.abort();
    const abort = new AbortController();
    counting.current = abort;
    flow.ask({ kind: 'matching', matching: null, count: null, about: about(null) }, onDone);
    try {
      const { position, total } = await api.hosts({ ...filter, limit: 1 }, abort.signal);
      flow.refine({
        kind: 'matching',
        matching: { filter, at: position },
        count: total,
        about: about(total),
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      flow.cancel();
      const detail = error instanceof ApiError ? error.detail : String(error);
      showToast({ text: t('countFailed', { detail }), tone: 'danger' });
    }
  };
  return (
    <Button onClick={() => void start()} aria-haspopup="dialog">
      {label}
    </Button>
  );
}
