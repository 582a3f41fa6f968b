'use client';

/** Which alerts are shown, as links, with the numbers of the live view. */
import { useAlerts, useCounts, useLive } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { unhandledCount } from '../live/unhandled.ts';
import { classNames } from '../ui/class-names.ts';
import { AddressLink } from '../ui/list/address-link.tsx';
import { ALERT_TABS, type AlertQuery, alertsAddress } from './alert-query.ts';

export function AlertTabs({ query }: { query: AlertQuery }) {
  const t = useTranslations('alerts');
  const counts = useCounts();
  const alerts = useAlerts();
  const truncated = useLive((state) => state.alertsTruncated);
  const unhandled = useLive(unhandledCount);
  // The view holds every open alert, or else so many that the hosts counted by state come close.
  const whole = counts !== null && !truncated;
  const numbers = {
    unhandled: counts === null ? undefined : unhandled,
    acknowledged: whole
      ? [...alerts.values()].filter((alert) => alert.ack !== null).length
      : counts?.acknowledged,
    open: whole ? alerts.size : counts?.down,
    resolved: undefined,
  };
  return (
    <nav
      aria-label={t('tabs.label')}
      className="-mx-4 mb-3 overflow-x-auto border-b border-line px-4 sm:mx-0 sm:px-0"
    >
      <ul className="flex w-max sm:gap-x-1">
        {ALERT_TABS.map((status) => {
          const current = query.status === status;
          const count = numbers[status];
          return (
            <li key={status}>
              <AddressLink
                address={alertsAddress({ status })}
                aria-current={current ? 'page' : undefined}
                className={classNames(
                  'inline-flex h-9 items-center gap-1 border-b-2 px-1 text-sm whitespace-nowrap sm:gap-1.5 sm:px-3 pointer-coarse:h-11',
                  current
                    ? 'border-accent font-medium text-text'
                    : 'border-transparent text-muted hover:border-control hover:text-text',
                )}
              >
                {t(`tabs.${status}`)}
                {status === 'resolved' ? null : (
                  <span
                    // On a phone the four stand side by side without it: it is the sum of the two before.
                    className={classNames(
                      'min-w-5 rounded-full bg-raised px-1.5 text-center text-xs tabular-nums',
                      status === 'open' && 'max-sm:hidden',
                    )}
                  >
                    {/* Its place is kept until the number is known. */}
                    {count === undefined ? '\u2007' : t('tabs.count', { count })}
                  </span>
                )}
              </AddressLink>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
