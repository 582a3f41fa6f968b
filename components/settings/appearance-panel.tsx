'use client';

/** Theme, density of lists, and language. */
import { useLocale, useTranslations } from '../i18n/language.ts';
import type { Locale } from '../i18n/locales.ts';
import type { Density, Prefs, ThemeChoice } from '../i18n/prefs.ts';
import { Panel } from '../ui/panel.tsx';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { usePrefs } from './use-prefs.ts';

export function AppearancePanel({ initial }: { initial: Prefs }) {
  const t = useTranslations('settings.appearance');
  const locale = useLocale();
  const [prefs, setPrefs] = usePrefs(initial);
  return (
    <Panel title={t('title')} bodyClassName="flex flex-col gap-4 p-4">
      <SegmentedControl<ThemeChoice>
        legend={t('theme')}
        hideLegend={false}
        value={prefs.theme}
        onChange={(theme) => setPrefs({ theme })}
        choices={[
          { value: 'system', label: t('system') },
          { value: 'light', label: t('light') },
          { value: 'dark', label: t('dark') },
        ]}
      />
      <SegmentedControl<Density>
        legend={t('density')}
        hideLegend={false}
        value={prefs.density}
        onChange={(density) => setPrefs({ density })}
        choices={[
          { value: 'comfortable', label: t('comfortable') },
          { value: 'compact', label: t('compact') },
        ]}
      />
      <SegmentedControl<Locale>
        legend={t('language')}
        hideLegend={false}
        value={locale}
        onChange={(next) => setPrefs({ locale: next })}
        // Each language by its own name: whoever looks for it reads it.
        choices={[
          { value: 'en', label: <span lang="en">English</span> },
          { value: 'zh-CN', label: <span lang="zh-CN">简体中文</span> },
        ]}
      />
    </Panel>
  );
}
