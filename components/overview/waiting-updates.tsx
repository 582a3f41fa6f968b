'use client';

/** "5 updates waiting": says what a held feed keeps back, and shows it when asked. Takes no room of its own. */
import { useTranslations } from '@/components/i18n/language.ts';

export function WaitingUpdates({ count, onTakeOver }: { count: number; onTakeOver: () => void }) {
  const t = useTranslations('overview.changes');
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={onTakeOver}
      className="inline-flex min-h-6 items-center rounded-full border border-accent/40 tint-accent px-2 text-xs font-medium text-accent"
    >
      {t('waiting', { count })}
    </button>
  );
}
