'use client';

/** Who has taken an alert, since when, until when, and why: the same words on every page. */
import type { Acknowledgement } from '#lib/protocol/alert.ts';
import { useTranslations } from '../../i18n/language.ts';
import { RelativeTime } from '../../ui/relative-time.tsx';

export function AckWords({ ack, focusable = true }: { ack: Acknowledgement; focusable?: boolean }) {
  const t = useTranslations('alerts.row');
  return (
    <div className="min-w-0 text-sm">
      <p>
        {t.rich('taken', {
          name: ack.by,
          who: (name) => <bdi className="font-medium break-all">{name}</bdi>,
          when: () => (
            <span className="text-muted">
              <RelativeTime atMs={ack.at} focusable={focusable} />
            </span>
          ),
        })}
      </p>
      {ack.comment === null ? null : (
        <p className="line-clamp-4 wrap-anywhere" dir="auto" title={ack.comment}>
          {ack.comment}
        </p>
      )}
      <p className="text-xs text-muted">
        {ack.expiresAt === null
          ? t('untilRecovery')
          : t.rich('ends', { when: () => <RelativeTime atMs={ack.expiresAt ?? 0} focusable={focusable} /> })}
      </p>
    </div>
  );
}
