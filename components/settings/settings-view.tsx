'use client';

/** Everything a person may choose, and what this server is. */
import { useTranslations } from '../i18n/language.ts';
import type { Prefs } from '../i18n/prefs.ts';
import { useAbout } from '../live/about.tsx';
import { optional } from '../ui/optional.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { AboutPanel } from './about-panel.tsx';
import { AppearancePanel } from './appearance-panel.tsx';
import { KeyboardPanel } from './keyboard-panel.tsx';
import { OperatorPanel } from './operator-panel.tsx';
import { TransportPanel } from './transport-panel.tsx';

const AccountPanels = optional(() => import('./account-panels.tsx'));

export function SettingsView({ prefs }: { prefs: Prefs }) {
  const t = useTranslations('settings');
  // With a sign-in the name is that of the account.
  const asksForName = useAbout()?.auth !== 'password';
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title={t('title')} intro={t('intro')} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <TransportPanel />
          <section id="about" aria-label={t('about.title')} className="scroll-mt-16">
            <AboutPanel />
          </section>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <AppearancePanel initial={prefs} />
          {asksForName ? <OperatorPanel /> : null}
          <KeyboardPanel />
        </div>
      </div>
      <section id="account" aria-label={t('account.title')} className="mt-4 scroll-mt-16">
        <AccountPanels />
      </section>
    </div>
  );
}
