'use client';

/** The page's title: its name, and before it how many alerts nobody has taken, or `?` when the link is lost. */
import { usePathname } from 'next/navigation';
import { useLive } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { NAV_ITEMS } from './nav-items.ts';
import { unhandledCount } from './unhandled.ts';

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

  const item = NAV_ITEMS.find(({ href }) => href === `/${first}`);
  const name =
    first === 'hosts' && second !== undefined ? decoded(second) : item === undefined ? null : nav(item.key);
  const page = name === null ? 'Pulsewatch' : t('named', { page: name });
  const title = lost ? t('lost', { page }) : unhandled > 0 ? t('counted', { down: unhandled, page }) : page;
  return <title>{title}</title>;
}
