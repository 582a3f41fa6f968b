'use client';

/** "Acknowledge all that match": the server counts first, the count is shown, the server acknowledges by filter. */
import { useEffect, useRef } from 'react';
import { useCounts, useLiveHandle } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import type { AcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { Button } from '../ui/button.tsx';
import { showToast } from '../ui/toast.ts';
import { type HostQuery, isFiltered, unhandledFilter } from './host-query.ts';
import { readProblem } from './use-host-window.ts';

function FilterWords({ query, count }: { query: HostQuery; count: number | null }) {
  const t = useTranslations('alerts.ack');
  const parts = [...(query.q === '' ? [] : [query.q]), ...query.labels];
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p className="flex flex-wrap items-center gap-1.5">
        <span className="text-muted">{t('filter')}</span>
        {parts.length === 0
          ? t('noFilter')
          : parts.map((part) => (
              <code key={part} className="rounded-sm bg-raised px-1.5 py-0.5 break-all">
                {part}
              </code>
            ))}
      </p>
      <p aria-live="polite">{count === null ? t('counting') : t('matching', { count })}</p>
    </div>
  );
}

export function AcknowledgeMatching({ query, flow }: { query: HostQuery; flow: AcknowledgeFlow }) {
  const t = useTranslations('hosts.matching');
  const { api } = useLiveHandle();
  const counting = useRef<AbortController | null>(null);
  useEffect(() => () => counting.current?.abort(), []);
  const counts = useCounts();
  const filter = unhandledFilter(query);
  const none = counts === null || counts.down === counts.acknowledged + counts.maintenance;
  if (filter === null || none) return null;

  const start = async () => {
    counting.current?.abort();
    const abort = new AbortController();
    counting.current = abort;
    flow.ask({
      kind: 'matching',
      matching: null,
      count: null,
      about: <FilterWords query={query} count={null} />,
    });
    try {
      const page = await api.hosts({ ...filter, limit: 1 }, abort.signal);
      flow.refine({
        kind: 'matching',
        matching: { filter, at: page.position },
        count: page.total,
        about: <FilterWords query={query} count={page.total} />,
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      flow.cancel();
      showToast({ text: t('failed', { detail: readProblem(error).detail }), tone: 'danger' });
    }
  };
  return (
    <Button onClick={() => void start()} aria-haspopup="dialog">
      {isFiltered({ ...query, state: null }) ? t('filtered') : t('all')}
    </Button>
  );
}
