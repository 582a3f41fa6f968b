/**
 * Owns the list of message namespaces in each language, as written (ICU). The server alone imports it: the
 * browser gets one language, compiled, in the page itself.
 */
import addEn from './en/add.json' with { type: 'json' };
import alertsEn from './en/alerts.json' with { type: 'json' };
import commonEn from './en/common.json' with { type: 'json' };
import eventsEn from './en/events.json' with { type: 'json' };
import hostsEn from './en/hosts.json' with { type: 'json' };
import liveEn from './en/live.json' with { type: 'json' };
import loginEn from './en/login.json' with { type: 'json' };
import overviewEn from './en/overview.json' with { type: 'json' };
import settingsEn from './en/settings.json' with { type: 'json' };
import transportsEn from './en/transports.json' with { type: 'json' };
import type { Locale } from './locales.ts';
import addZh from './zh-CN/add.json' with { type: 'json' };
import alertsZh from './zh-CN/alerts.json' with { type: 'json' };
import commonZh from './zh-CN/common.json' with { type: 'json' };
import eventsZh from './zh-CN/events.json' with { type: 'json' };
import hostsZh from './zh-CN/hosts.json' with { type: 'json' };
import liveZh from './zh-CN/live.json' with { type: 'json' };
import loginZh from './zh-CN/login.json' with { type: 'json' };
import overviewZh from './zh-CN/overview.json' with { type: 'json' };
import settingsZh from './zh-CN/settings.json' with { type: 'json' };
import transportsZh from './zh-CN/transports.json' with { type: 'json' };

const en = {
  add: addEn,
  alerts: alertsEn,
  common: commonEn,
  events: eventsEn,
  hosts: hostsEn,
  live: liveEn,
  login: loginEn,
  overview: overviewEn,
  settings: settingsEn,
  transports: transportsEn,
};

export type Messages = typeof en;

/** Typed loosely on purpose: messages.test.ts says which key is missing where, in words. */
export const CATALOGUE: Readonly<Record<Locale, Readonly<Record<keyof Messages, object>>>> = {
  en,
  'zh-CN': {
    add: addZh,
    alerts: alertsZh,
    common: commonZh,
    events: eventsZh,
    hosts: hostsZh,
    live: liveZh,
    login: loginZh,
    overview: overviewZh,
    settings: settingsZh,
    transports: transportsZh,
  },
};
