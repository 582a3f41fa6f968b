'use client';

/** Hands one language's compiled messages to every component below (`useTranslations`, `useFormatter`). */
import { type ReactNode, useMemo, useState } from 'react';
import { LanguageContext } from './language.ts';
import type { Locale } from './locales.ts';
import type { CompiledMessages } from './messages.ts';
import { createLanguage } from './translator.ts';

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
  const language = useMemo(
    () => createLanguage(locale, messages, timeZone, console.error),
    [locale, messages, timeZone],
  );
  return <LanguageContext value={language}>{children}</LanguageContext>;
}
