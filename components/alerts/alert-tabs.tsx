'use client';

/** Which alerts are shown, as links, with the numbers of the live view; and the switch for the unhandled ones. */
import { useAlerts, useCounts, useLive } from '@/lib/client/use-live.ts';
import { ALERT_STATUSES } from '@/lib/protocol/alert.ts';
import { useTranslations } from '../i18n/language.ts';
import { Checkbox } from '../ui/checkbox.tsx';
import { classNames } from '../ui/class-names.ts';
import { AddressLink } from '../ui/list/address-link.tsx';
import { goTo } from '../ui/list/use-address.ts';
import { type AlertQuery, alertsAddress, UNHANDLED_ALERTS } from './alert-query.ts';

export function AlertTabs({ query }: { query: AlertQuery }) {
  const t = useTranslations('alerts');
  const counts = useCounts();
  const alerts = useAlerts();
  const truncated = useLive((state) => state.alertsTruncated);
  // The view holds every open alert, or else so many that the hosts counted by state come close.
  const whole = counts !== null && !truncated;
  const numbers = {
    open: whole ? alerts.size : counts?.down,
    acknowledged: whole
      ? [...alerts.values()].filter((alert) => alert.ack !== null).length
      : counts?.acknowledged,
    resolved: undefined,
  };
  return (
    <div className="mb-3 flex flex-wrap items-end justify-between gap-x-6 gap-y-2 border-b border-line">
      <nav aria-label={t('tabs.label')}>
        <ul className="flex flex-wrap gap-x-1">
          {ALERT_STATUSES.map((status) => {
            const current = query.status === status;
            const count = numbers[status];
            return (
              <li key={status}>
                <AddressLink
                  address={alertsAddress({ ...UNHANDLED_ALERTS, status, unhandledOnly: status === 'open' })}
                  aria-current={current ? 'page' : undefined}
                  className={classNames(
                    '-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 px-2 text-sm whitespace-nowrap sm:px-3 pointer-coarse:h-11',
                    current
                      ? 'border-accent font-medium text-text'
                      : 'border-transparent text-muted hover:border-control hover:text-text',
                  )}
                >
                  {t(`tabs.${status}`)}
                  {count === undefined ? null : (
                    <span className="rounded-full bg-raised px-1.5 text-xs tabular-nums">
                      {t('tabs.count', { count })}
                    </span>
                  )}
                </AddressLink>
              </li>
            );
          })}
        </ul>
      </nav>
      {query.status === 'open' ? (
        <div className="pb-2">
          <Checkbox
            label={t('unhandledOnly')}
            checked={query.unhandledOnly}
            onChange={(unhandledOnly) => goTo(alertsAddress({ ...UNHANDLED_ALERTS, unhandledOnly }))}
          />
        </div>
      ) : null}
    </div>
  );
}
