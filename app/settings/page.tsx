import { cookies } from 'next/headers';
import { PREFS_COOKIE, parsePrefs } from '@/components/i18n/prefs.ts';
import { SettingsView } from '@/components/settings/settings-view.tsx';

export default async function SettingsPage() {
  return <SettingsView prefs={parsePrefs((await cookies()).get(PREFS_COOKIE)?.value)} />;
}
