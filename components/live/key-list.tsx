'use client';

/** Every key and what it does: behind `?` and on the settings page. */
import { Fragment } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { KeyCap } from '../ui/key-cap.tsx';
import { NAV_ITEMS } from './nav-items.ts';

const PAGE_KEYS = [
  ['Ctrl/⌘ K', 'palette'],
  ['?', 'help'],
  ['/', 'filter'],
  ['p', 'pause'],
] as const;

const LIST_KEYS = [
  ['j', 'down'],
  ['k', 'up'],
  ['x', 'select'],
  ['Enter', 'openRow'],
  ['Esc', 'leave'],
  ['a', 'acknowledge'],
  ['z', 'undo'],
] as const;

export function KeyList() {
  const t = useTranslations('common.keys');
  const nav = useTranslations('common.nav');
  return (
    <div className="grid gap-x-8 gap-y-4 text-sm sm:grid-cols-2">
      <div className="flex flex-col gap-4">
        <KeySection
          title={t('pages')}
          keys={NAV_ITEMS.flatMap((item) =>
            item.chord === null ? [] : [{ keys: ['g', item.chord], does: nav(item.key) }],
          )}
        />
        <KeySection
          title={t('page')}
          keys={PAGE_KEYS.map(([key, does]) => ({ keys: [key], does: t(does) }))}
        />
      </div>
      <div className="flex flex-col gap-4">
        <KeySection
          title={t('lists')}
          keys={LIST_KEYS.map(([key, does]) => ({ keys: [key], does: t(does) }))}
        />
        <KeySection title={nav('transports')} keys={[{ keys: ['r'], does: t('run') }]} />
      </div>
    </div>
  );
}

function KeySection({
  title,
  keys,
}: {
  title: string;
  keys: readonly { keys: readonly string[]; does: string }[];
}) {
  const t = useTranslations('common.keys');
  return (
    <section>
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-3 gap-y-1">
        {keys.map((entry) => (
          <Fragment key={entry.keys.join(' ')}>
            <dt className="flex items-center gap-1">
              {entry.keys.length === 2
                ? t.rich('then', {
                    first: () => <KeyCap>{entry.keys[0]}</KeyCap>,
                    second: () => <KeyCap>{entry.keys[1]}</KeyCap>,
                  })
                : entry.keys.map((key) => <KeyCap key={key}>{key}</KeyCap>)}
            </dt>
            <dd>{entry.does}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}
