'use client';

/** The pages: a row in the header where there is room, a bar at the bottom for a thumb. */
import { usePathname } from 'next/navigation';
import { useLive } from '@/lib/client/use-live.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { isInside, NAV_ITEMS } from '../live/nav-items.ts';
import { unhandledCount } from '../live/unhandled.ts';
import { AppLink } from '../ui/app-link.tsx';
import { classNames } from '../ui/class-names.ts';

/** More does not fit beside a neighbour on a phone, and nobody counts further. */
const MOST_SHOWN = 999;

function AlertCount() {
  const format = useFormatter();
  const unhandled = useLive(unhandledCount);
  if (unhandled <= 0) return null;
  return (
    <span className="rounded-full border border-down/50 tint-down px-1.5 text-xs leading-4.5 font-medium whitespace-nowrap text-down-text">
      {unhandled > MOST_SHOWN ? `${MOST_SHOWN}+` : format.number(unhandled)}
    </span>
  );
}

export function Navigation({ place }: { place: 'header' | 'bottom' }) {
  const t = useTranslations('common.nav');
  const pathname = usePathname();
  const bottom = place === 'bottom';
  return (
    <nav
      aria-label={t('label')}
      className={
        bottom
          ? 'fixed inset-x-0 bottom-0 z-30 border-t border-line bg-raised pb-[env(safe-area-inset-bottom)] lg:hidden'
          : 'hidden min-w-0 lg:block'
      }
    >
      <ul className={bottom ? 'grid h-14 grid-cols-7' : 'flex items-center gap-0.5'}>
        {NAV_ITEMS.map((item) => {
          const Icon = item.icon;
          const current = isInside(item, pathname);
          return (
            <li key={item.key} className="min-w-0">
              <AppLink
                href={item.href}
                aria-current={current ? 'page' : undefined}
                data-motion
                className={classNames(
                  'relative flex items-center text-sm font-medium hover:text-text',
                  bottom
                    ? 'h-full flex-col justify-center gap-0.5 text-[0.625rem] tracking-tight min-[430px]:text-[0.6875rem]'
                    : 'h-(--control-h) gap-1.5 rounded-md px-2.5 hover:bg-surface',
                  current ? 'text-text' : 'text-muted',
                  current && !bottom && 'bg-surface shadow-[inset_0_0_0_1px_var(--color-line)]',
                  current && bottom && 'shadow-[inset_0_2px_0_var(--color-accent)]',
                )}
              >
                <Icon
                  size={bottom ? 20 : 16}
                  aria-hidden
                  className={classNames(!bottom && 'max-xl:hidden', current && 'text-accent')}
                />
                <span className="max-w-full truncate">{t(item.key)}</span>
                {item.key === 'alerts' ? (
                  <span className={bottom ? 'absolute top-1 left-[calc(50%+0.4rem)]' : undefined}>
                    <AlertCount />
                  </span>
                ) : null}
              </AppLink>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
