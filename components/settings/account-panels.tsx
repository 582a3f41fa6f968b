'use client';

/** Who may come in and what holds for everyone, as far as it concerns the one who looks. Loaded after the page. */
import { useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import { useIsAdministrator } from '../live/permissions.ts';
import { Panel } from '../ui/panel.tsx';
import { AuditPanel } from './audit-panel.tsx';
import { PasswordPanel } from './password-panel.tsx';
import { RulesPanel } from './rules-panel.tsx';
import { SessionsPanel } from './sessions-panel.tsx';
import { TokensPanel } from './tokens-panel.tsx';
import { UsersPanel } from './users-panel.tsx';

function NoSignInPanel() {
  const t = useTranslations('settings.account');
  return (
    <Panel title={t('noneTitle')}>
      <p className="text-sm" data-testid="no-sign-in">
        {t.rich('none', { code: (words) => <code className="text-xs">{words}</code> })}
      </p>
    </Panel>
  );
}

export default function AccountPanels() {
  const about = useAbout();
  const isAdministrator = useIsAdministrator();
  if (about === null) return null;
  const { you } = about;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        {you === null ? (
          <NoSignInPanel />
        ) : (
          // Keyed: what was read for one is nothing to another.
          <>
            <SessionsPanel key={`sessions-${you.name}`} name={you.name} />
            <PasswordPanel key={`password-${you.name}`} name={you.name} />
          </>
        )}
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        {you === null ? null : <TokensPanel key={you.name} you={you} />}
        {isAdministrator && you !== null ? <UsersPanel name={you.name} /> : null}
        {isAdministrator ? <RulesPanel /> : null}
      </div>
      {isAdministrator && you !== null ? (
        <div className="min-w-0 lg:col-span-2">
          <AuditPanel />
        </div>
      ) : null}
    </div>
  );
}
