'use client';

/** The state of one lane's link, in the words of the connection pill. */
import { useTranslations } from '@/components/i18n/language.ts';
import { useLinkWords } from '@/components/live/connection-pill.tsx';
import { useSpanWords } from '@/components/live/link-words.ts';
import { Pill, type PillTone } from '@/components/ui/pill.tsx';
import type { Lane } from '@/lib/client/comparison/comparison-state.ts';
import { useNow } from '@/lib/client/use-live.ts';
import type { LinkStatus } from '@/lib/client/view-store.ts';

const TONE: Readonly<Record<LinkStatus, PillTone>> = {
  idle: 'neutral',
  connecting: 'neutral',
  live: 'up',
  'catching-up': 'late',
  reconnecting: 'down',
  stale: 'down',
  'signed-out': 'down',
  paused: 'neutral',
  stopped: 'neutral',
};

function LinkPill({ lane }: { lane: Lane }) {
  const t = useTranslations('transports.lane');
  const spanWords = useSpanWords();
  const words = useLinkWords(lane.link, useNow());
  const { status, transport } = lane.link;
  // For want of a streaming connection: then it is not what its name says, and the pill's words name what it is.
  const another = status === 'live' && transport !== lane.transport;
  return (
    <Pill tone={another ? 'late' : TONE[status]} data-lane-status={status} className="shrink-0">
      {status === 'live' && !another && lane.freshnessMs !== null
        ? t('live', { age: spanWords(lane.freshnessMs) })
        : status === 'idle'
          ? t('idle')
          : words}
    </Pill>
  );
}

export function LaneStatus({ lane }: { lane: Lane | null }) {
  const t = useTranslations('transports.lane');
  if (lane !== null) return <LinkPill lane={lane} />;
  return (
    <Pill data-lane-status="idle" className="shrink-0">
      {t('idle')}
    </Pill>
  );
}
