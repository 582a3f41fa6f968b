'use client';

/** The first action of the page: the host that has been down longest with nobody on it. */
import { useTranslations } from '@/components/i18n/language.ts';
import { LinkButton } from '@/components/ui/button.tsx';
import { StateShape } from '@/components/ui/state-shape.tsx';
import { useAlerts } from '@/lib/client/use-live.ts';
import { hostPath } from './paths.ts';
import { unhandledAlerts, worstOf } from './unhandled-alerts.ts';

export function OpenTheWorst() {
  const t = useTranslations('overview.worst');
  const alerts = useAlerts();
  const worst = worstOf(unhandledAlerts(alerts));
  if (worst === null) return null;
  const why = t('why', { host: worst.host });
  return (
    <LinkButton
      href={hostPath(worst.host)}
      tone="danger"
      title={why}
      data-testid="open-the-worst"
      className="max-w-full"
    >
      <StateShape kind="down" size={14} />
      {t('open')}
      <span className="min-w-0 max-w-40 truncate font-normal">{worst.host}</span>
    </LinkButton>
  );
}
