'use client';

/** What happened to a host lately, newest first, told in words. */
import type { HostEvent, HostEventKind } from '@/lib/protocol/host.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { verdictWords } from '../live/verdict-words.ts';
import { RelativeTime } from '../ui/relative-time.tsx';
import { StateShape } from '../ui/state-shape.tsx';
import type { StateKind } from '../ui/tokens.ts';

/** As the server names it when nobody did it by hand. */
const SYSTEM_ACTOR = 'system';

const SHAPE: Readonly<Record<HostEventKind, StateKind>> = {
  registered: 'up',
  up: 'up',
  down: 'down',
  left: 'left',
  restarted: 'up',
  returned: 'up',
  removed: 'left',
  acknowledged: 'acknowledged',
  unacknowledged: 'down',
};

export function HostEvents({ events }: { events: readonly HostEvent[] }) {
  const t = useTranslations('hosts.host');
  const words = useTranslations('alerts');
  const format = useFormatter();
  if (events.length === 0) return <p className="p-4 text-sm text-muted">{t('eventsNone')}</p>;
  const what = ({ kind, by }: HostEvent) => {
    if (kind === 'unacknowledged' && by === SYSTEM_ACTOR) return t('event.system');
    return by === null ? t(`event.${kind}`) : t('event.by', { what: t(`event.${kind}`), name: by });
  };
  // Two events may share their instant and kind; the number among equals makes them differ.
  const seen = new Map<string, number>();
  const keyOf = (event: HostEvent) => {
    const base = `${event.at}-${event.kind}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return `${base}-${count}`;
  };
  return (
    <ol className="divide-y divide-line">
      {events.map((event) => (
        <li key={keyOf(event)} className="flex items-baseline gap-2.5 px-4 py-2 text-sm">
          <StateShape kind={SHAPE[event.kind]} size={13} className="translate-y-px" />
          <div className="min-w-0 flex-1">
            <p className="font-medium break-words first-letter:uppercase">{what(event)}</p>
            {event.kind === 'down' && (event.evidence || event.reason) ? (
              <p className="text-muted break-words" lang={event.evidence ? undefined : 'en'}>
                {event.evidence ? verdictWords(words, format, event.evidence) : event.reason}
              </p>
            ) : null}
          </div>
          <span className="text-muted">
            <RelativeTime atMs={event.at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
