'use client';

/** Hands one language's compiled messages to every component below (`useTranslations`, `useFormatter`). */
import { type ReactNode, useState } from 'react';
import { type AbstractIntlMessages, IntlProvider } from 'use-intl';
import type { Locale } from './locales.ts';
import type { CompiledMessages } from './messages.ts';

/** A missing or broken message is a bug: the key stands on the page, and the console says why. */
function report(error: Error): void {
  console.error(error);
}

export function I18nProvider({
  locale,
  messages,
  children,
}: {
  locale: Locale;
  messages: CompiledMessages;
  children: ReactNode;
}) {
  const [timeZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  return (
    <IntlProvider
      locale={locale}
      // The library types raw messages only; its format-only build takes compiled ones.
      messages={messages as unknown as AbstractIntlMessages}
      timeZone={timeZone}
      onError={report}
    >
      {children}
    </IntlProvider>
  );
}
