'use client';

/** An empty list of alerts: mostly good news, and where to look next. */
import type { ReactNode } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { goTo } from '../ui/list/use-address.ts';
import { type AlertQuery, alertsAddress } from './alert-query.ts';

export function NoAlerts({
  query,
  acknowledged,
  icon,
}: {
  query: AlertQuery;
  /** Open alerts somebody has taken. */
  acknowledged: number;
  icon: ReactNode;
}) {
  const t = useTranslations('alerts.empty');
  const hosts = <LinkButton href="/hosts">{t('hosts')}</LinkButton>;
  if (query.status === 'resolved') {
    return (
      <EmptyState icon={icon} title={t('resolvedTitle')} actions={hosts}>
        {t('resolved')}
      </EmptyState>
    );
  }
  if (query.status === 'acknowledged') {
    return (
      <EmptyState icon={icon} title={t('acknowledgedTitle')} actions={hosts}>
        {t('acknowledged')}
      </EmptyState>
    );
  }
  if (query.status === 'open') {
    return (
      <EmptyState icon={icon} title={t('openTitle')} actions={hosts}>
        {t('open')}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={icon}
      title={t('unhandledTitle')}
      actions={
        acknowledged > 0 ? (
          <Button onClick={() => goTo(alertsAddress({ status: 'acknowledged' }))}>
            {t('showAcknowledged')}
          </Button>
        ) : (
          hosts
        )
      }
    >
      <p>{t('unhandled')}</p>
      {acknowledged > 0 ? <p>{t('unhandledAcknowledged', { count: acknowledged })}</p> : null}
    </EmptyState>
  );
}
