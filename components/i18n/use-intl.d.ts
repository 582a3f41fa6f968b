import type { Messages } from './catalogue.ts';
import type { Locale as PulsewatchLocale } from './locales.ts';

// Keys of useTranslations are checked against the English files.
declare module 'use-intl' {
  interface AppConfig {
    Locale: PulsewatchLocale;
    Messages: Messages;
  }
}
