'use client';

/** The page's language for every component: messages (`useTranslations('hosts')`), numbers and times. */
import { createContext, useContext } from 'react';
import type { Locale } from './locales.ts';
import type { Formatter, Language, Namespace, Translator } from './translator.ts';

export const LanguageContext = createContext<Language | null>(null);

function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (language === null) throw new Error('There is no I18nProvider around this component.');
  return language;
}

/** The messages of a namespace; the same function at every rendering. */
export function useTranslations<Space extends Namespace>(namespace: Space): Translator<Space> {
  return useLanguage().translator(namespace);
}

export function useFormatter(): Formatter {
  return useLanguage().format;
}

export function useLocale(): Locale {
  return useLanguage().locale;
}
