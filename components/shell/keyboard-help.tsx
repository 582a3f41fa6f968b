'use client';

/** The dialog behind `?`. */
import { useTranslations } from 'use-intl';
import { useSingleKeysSetting } from '../live/browser-setting.ts';
import { KeyList } from '../live/key-list.tsx';
import { Dialog } from '../ui/dialog.tsx';

export function KeyboardHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('common.keys');
  const [on] = useSingleKeysSetting();
  return (
    <Dialog open={open} onClose={onClose} title={t('title')}>
      <KeyList />
      <p className="mt-4 text-xs text-muted">{on ? t('inert') : t('off')}</p>
    </Dialog>
  );
}
