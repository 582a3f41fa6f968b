'use client';

/** The dialog behind `?`. */
import { useTranslations } from '../i18n/language.ts';
import { useSingleKeysSetting } from '../live/browser-setting.ts';
import { KeyList } from '../live/key-list.tsx';
import { Dialog } from '../ui/dialog.tsx';

export default function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const t = useTranslations('common.keys');
  const [on] = useSingleKeysSetting();
  return (
    <Dialog open onClose={onClose} title={t('title')}>
      <KeyList />
      <p className="mt-4 text-xs text-muted">{on ? t('inert') : t('off')}</p>
    </Dialog>
  );
}
