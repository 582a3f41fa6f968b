'use client';

/** Everything a person may choose, and what this server is. */
import { useTranslations } from '../i18n/language.ts';
import type { Prefs } from '../i18n/prefs.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { AboutPanel } from './about-panel.tsx';
import { AppearancePanel } from './appearance-panel.tsx';
import { KeyboardPanel } from './keyboard-panel.tsx';
import { OperatorPanel } from './operator-panel.tsx';
import { TransportPanel } from './transport-panel.tsx';

export function SettingsView({ prefs }: { prefs: Prefs }) {
  const t = useTranslations('settings');
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title={t('title')} intro={t('intro')} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <TransportPanel />
          <AboutPanel />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <AppearancePanel initial={prefs} />
          <OperatorPanel />
          <KeyboardPanel />
        </div>
      </div>
    </div>
  );
}
