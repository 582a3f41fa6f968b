'use client';

/** The page's title: its name, and before it how many alerts nobody has taken, or `?` when the link is lost. */
import { usePathname } from 'next/navigation';
import { useLive } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { unhandledCount } from './unhandled.ts';

type Navigation = 'hosts' | 'alerts' | 'add' | 'settings';

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function PageTitle() {
  const t = useTranslations('live.title');
  const nav = useTranslations('common.nav');
  const unhandled = useLive(unhandledCount);
  const lost = useLive((state) => state.stale);
  const [first, second] = usePathname().split('/').filter(Boolean);

  const pages: Readonly<Record<Navigation, string>> = {
    hosts: nav('hosts'),
    alerts: nav('alerts'),
    add: nav('add'),
    settings: nav('settings'),
  };
  const name =
    first === 'hosts' && second !== undefined ? decoded(second) : pages[(first ?? '') as Navigation];
  const page = name === undefined ? 'Pulsewatch' : t('named', { page: name });
  const title = lost ? t('lost', { page }) : unhandled > 0 ? t('counted', { down: unhandled, page }) : page;
  return <title>{title}</title>;
}
