/** The frame of every page: language and theme as the request asks, then the shell with the live view. */
import type { Metadata, Viewport } from 'next';
import { cookies, headers } from 'next/headers';
import type { ReactNode } from 'react';
import { I18nProvider } from '@/components/i18n/i18n-provider.tsx';
import { negotiateLocale } from '@/components/i18n/locales.ts';
import { messagesFor } from '@/components/i18n/messages.ts';
import { PREFS_COOKIE, parsePrefs } from '@/components/i18n/prefs.ts';
import { Frame } from '@/components/shell/frame.tsx';
import './globals.css';

// No title and no icon here: the live view writes them, with the number of hosts that are down.
export const metadata: Metadata = {
  applicationName: 'Pulsewatch',
  description: 'A live view of every host in a fleet.',
  manifest: '/manifest.webmanifest',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#FFFFFF' },
    { media: '(prefers-color-scheme: dark)', color: '#0D1117' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const prefs = parsePrefs((await cookies()).get(PREFS_COOKIE)?.value);
  const locale = prefs.locale ?? negotiateLocale((await headers()).get('accept-language'));
  return (
    <html lang={locale} data-theme={prefs.theme} data-density={prefs.density}>
      <body>
        <I18nProvider locale={locale} messages={messagesFor(locale)}>
          <Frame>{children}</Frame>
        </I18nProvider>
      </body>
    </html>
  );
}
