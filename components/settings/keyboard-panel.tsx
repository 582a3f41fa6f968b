'use client';

/** The keys there are, and the switch for those that act alone. */
import { useTranslations } from '../i18n/language.ts';
import { useSingleKeysSetting } from '../live/browser-setting.ts';
import { KeyList } from '../live/key-list.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Panel } from '../ui/panel.tsx';

export function KeyboardPanel() {
  const t = useTranslations('settings.keyboard');
  const [on, setOn] = useSingleKeysSetting();
  return (
    <Panel title={t('title')} bodyClassName="flex flex-col gap-4 p-4">
      <Checkbox label={t('single')} hint={t('singleHint')} checked={on} onChange={setOn} />
      <KeyList />
    </Panel>
  );
}
