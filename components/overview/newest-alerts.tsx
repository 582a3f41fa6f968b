'use client';

/** The alerts nobody has taken yet, newest first; each leads to its host. Stands still under pointer and focus. */
import { useMemo } from 'react';
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { verdictWords } from '@/components/live/verdict-words.ts';
import { AppLink } from '@/components/ui/app-link.tsx';
import { TextLink } from '@/components/ui/button.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { StateShape } from '@/components/ui/state-shape.tsx';
import { useAlerts, useCounts } from '@/lib/client/use-live.ts';
import type { Alert } from '@/lib/protocol/alert.ts';
import type { HostCounts } from '@/lib/protocol/host.ts';
import { unhandledOf } from '@/lib/protocol/host-counts.ts';
import { hostPath } from './paths.ts';
import { unhandledAlerts } from './unhandled-alerts.ts';
import { useHeldFeed } from './use-held-feed.ts';
import { WaitingUpdates } from './waiting-updates.tsx';

/** The list of changes beside it fills what these leave free. */
export const MAX_ALERTS_SHOWN = 6;
const keyOf = (alert: Alert): string => alert.id;

/** Why there is nothing to read: the counters above may still say that something is down. */
function quietKey(counts: HostCounts): 'noneOpen' | 'noneAcknowledged' | 'none' {
  if (unhandledOf(counts) > 0) return 'noneOpen';
  return counts.acknowledged > 0 ? 'noneAcknowledged' : 'none';
}

export function NewestAlerts() {
  const t = useTranslations('overview.alerts');
  const state = useTranslations('common.state');
  const verdict = useTranslations('alerts');
  const format = useFormatter();
  const alerts = useAlerts();
  const counts = useCounts();
  const latest = useMemo(() => unhandledAlerts(alerts).slice(0, MAX_ALERTS_SHOWN), [alerts]);
  const { shown, waiting, takeOver, holdProps } = useHeldFeed(latest, keyOf);

  const outcomeOf = (shownAlert: Alert): string | null => {
    const now = alerts.get(shownAlert.id);
    if (now === undefined || now.closedAt !== null) return t('recovered');
    return now.ack === null ? null : t('handled', { by: now.ack.by });
  };

  return (
    <Panel
      title={t('title')}
      actions={
        <div className="flex items-center gap-3">
          <WaitingUpdates count={waiting} onTakeOver={takeOver} />
          <TextLink href="/alerts" className="inline-flex min-h-6 items-center text-sm">
            {t('all')}
          </TextLink>
        </div>
      }
      bodyClassName="min-h-[4.5rem]"
    >
      <div {...holdProps}>
        {counts === null ? (
          <div className="flex flex-col gap-2 p-4">
            <Skeleton className="w-2/3" />
            <Skeleton className="w-5/6" />
          </div>
        ) : shown.length === 0 ? (
          <p className="px-4 py-6 text-sm text-muted">
            {t(quietKey(counts), { count: counts.acknowledged })}
          </p>
        ) : (
          <ul data-heard className="divide-y divide-line" data-testid="newest-alerts">
            {shown.map((alert) => {
              const outcome = outcomeOf(alert);
              return (
                <li key={alert.id}>
                  <AppLink
                    href={hostPath(alert.host)}
                    className="flex items-start gap-2.5 px-4 py-2 no-underline hover:bg-raised focus-visible:-outline-offset-2"
                  >
                    <StateShape
                      kind={outcome === null ? 'down' : 'up'}
                      size={14}
                      title={outcome ?? state('down')}
                      className="mt-1"
                    />
                    <span className="min-w-0 flex-1">
                      <span className="flex items-baseline justify-between gap-3">
                        <span className="truncate font-medium">{alert.host}</span>
                        <span className="shrink-0 text-xs text-muted">
                          {outcome ?? <RelativeTime atMs={alert.openedAt} focusable={false} />}
                        </span>
                      </span>
                      <span className="line-clamp-2 text-xs text-muted">
                        {alert.evidence === null
                          ? alert.reason
                          : verdictWords(verdict, format, alert.evidence)}
                      </span>
                    </span>
                  </AppLink>
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </Panel>
  );
}
