'use client';

/** Who has a host that is down, and what can be done about it: acknowledge, undo, take back. */
import { useRef } from 'react';
import { useAlerts } from '@/lib/client/use-live.ts';
import type { Alert } from '@/lib/protocol/alert.ts';
import type { Host, HostEvent } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import { canUndo, withOwnAcks } from '../live/acknowledge/ack-batch.ts';
import { AckWords } from '../live/acknowledge/ack-words.tsx';
import { useAckBatches } from '../live/acknowledge/use-acknowledge.ts';
import { useAcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { useEventWords } from '../live/event-words.ts';
import { useSingleKeys } from '../live/single-keys.ts';
import { Button } from '../ui/button.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';

/** The alert of this host as the live view and this browser know it. */
function useAlertOf(host: Host): Alert | null {
  const alerts = useAlerts();
  const batches = useAckBatches();
  const live = host.alertId === null ? undefined : alerts.get(host.alertId);
  return live ? withOwnAcks(live, batches, live) : null;
}

/** Who took it and why, as the history tells. */
function Noted({ events }: { events: readonly HostEvent[] }) {
  const t = useTranslations('hosts.host');
  const words = useEventWords();
  const event = events.find(({ kind }) => kind === 'acknowledged');
  if (event === undefined) return <p className="text-sm">{t('acknowledged')}</p>;
  return (
    <div className="min-w-0 text-sm">
      <p>
        <span className="inline-block first-letter:uppercase">{words.what(event)}</span>{' '}
        <RelativeTime atMs={event.at} className="text-muted" />
      </p>
      <p className="wrap-anywhere" dir="auto">
        {words.why(event)?.text}
      </p>
    </div>
  );
}

export function HostHandling({ host, events }: { host: Host; events: readonly HostEvent[] }) {
  const t = useTranslations('hosts.host');
  const flow = useAcknowledgeFlow();
  const batches = useAckBatches();
  const about = useAbout();
  const alert = useAlertOf(host);
  const down = host.state === 'down';
  const place = useRef<HTMLDivElement>(null);
  const target = down && host.alertId !== null ? { id: host.alertId, host: host.name } : null;
  const ack = alert?.ack ?? null;
  // Of more alerts than the live view holds, what was noted of it last has to do.
  const noted = alert === null && host.acknowledged;
  const free = target !== null && ack === null && !noted;
  useSingleKeys({
    a: () => {
      if (flow.permit() && free) flow.acknowledge([target]);
    },
    z: () => flow.undoLast(),
  });
  if (!down) return null;
  // Without an episode there is nothing to take; right after a change it is only not read yet.
  const standing = free ? t('unhandled') : host.evidence ? t('noAlert') : '';
  // The button goes with the act; the focus stays at its place.
  const stay = () => place.current?.focus();
  const mine = batches.findLast(
    (batch) => canUndo(batch) && batch.targets.some(({ id }) => id === target?.id),
  );
  return (
    <div
      ref={place}
      tabIndex={-1}
      className="mt-3 flex flex-col gap-2 border-t border-line pt-3 outline-none"
    >
      {ack || noted ? (
        <div className="flex flex-wrap items-start justify-between gap-3">
          {ack ? <AckWords ack={ack} /> : <Noted events={events} />}
          {!flow.mayAct ? null : mine ? (
            <Button
              onClick={() => {
                stay();
                flow.undo(mine);
              }}
            >
              {t('undo')}
            </Button>
          ) : (
            target && (
              <Button
                onClick={() => {
                  stay();
                  flow.takeBack([target]);
                }}
              >
                {t('takeBack')}
              </Button>
            )
          )}
        </div>
      ) : (
        <div className="flex flex-wrap items-center gap-2">
          <p className="mr-auto text-sm text-muted">{standing}</p>
          {free && flow.mayAct ? (
            <>
              <Button
                tone="primary"
                onClick={() => {
                  stay();
                  flow.acknowledge([target]);
                }}
              >
                {t('acknowledge')}
              </Button>
              <Button
                aria-haspopup="dialog"
                onClick={() => {
                  stay();
                  flow.ask({ kind: 'targets', targets: [target] });
                }}
              >
                {t('acknowledgeOptions')}
              </Button>
            </>
          ) : null}
        </div>
      )}
      {about?.store === 'memory' ? <p className="text-xs text-muted">{t('memory')}</p> : null}
      {flow.form}
    </div>
  );
}
