'use client';

/** What happened to a host, newest first, told in words: with who did it and what they said. */
import { useRef } from 'react';
import type { HostEvent } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import { EVENT_SHAPE, useEventWords } from '../live/event-words.ts';
import { Button } from '../ui/button.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { StateShape } from '../ui/state-shape.tsx';
import { useHostEvents } from './use-host-events.ts';

export function HostEvents({ nameOrId, recent }: { nameOrId: string; recent: readonly HostEvent[] }) {
  const t = useTranslations('hosts.host');
  const words = useEventWords();
  const { events, page, reading, problem, toNewest, toOlder } = useHostEvents(nameOrId, recent);
  const top = useRef<HTMLOListElement>(null);
  if (events.length === 0) return <p className="p-4 text-sm text-muted">{t('eventsNone')}</p>;
  // Two events may share their instant and kind; the number among equals makes them differ.
  const seen = new Map<string, number>();
  const keyOf = (event: HostEvent) => {
    const base = `${event.at}-${event.kind}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return `${base}-${count}`;
  };
  const go = (turn: () => void) => () => {
    turn();
    top.current?.focus();
  };
  return (
    <>
      <ol ref={top} tabIndex={-1} aria-busy={reading} className="divide-y divide-line outline-none">
        {events.map((event) => {
          const why = words.why(event);
          return (
            <li key={keyOf(event)} className="flex items-baseline gap-2.5 px-4 py-2 text-sm">
              <StateShape kind={EVENT_SHAPE[event.kind]} size={13} className="translate-y-px" />
              <div className="min-w-0 flex-1">
                <p className="font-medium wrap-anywhere first-letter:uppercase">{words.what(event)}</p>
                {why ? (
                  <p
                    className={`text-muted wrap-anywhere ${why.people ? '' : 'first-letter:uppercase'}`}
                    dir={why.people ? 'auto' : undefined}
                  >
                    {why.text}
                  </p>
                ) : null}
              </div>
              <span className="text-muted">
                <RelativeTime atMs={event.at} />
              </span>
            </li>
          );
        })}
      </ol>
      {toNewest || toOlder || problem ? (
        <div className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-2">
          <p role="status" className="mr-auto text-sm text-muted">
            {problem ? t('eventsFailed', { detail: problem.detail }) : t('eventsPage', { page })}
          </p>
          {toNewest ? <Button onClick={go(toNewest)}>{t('eventsNewest')}</Button> : null}
          {toOlder ? <Button onClick={go(toOlder)}>{t('eventsOlder')}</Button> : null}
        </div>
      ) : null}
    </>
  );
}
