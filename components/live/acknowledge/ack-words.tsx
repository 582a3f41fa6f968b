'use client';

/** Who has taken an alert, since when, until when, and why: the same words on every page. */
import type { Acknowledgement } from '#lib/protocol/alert.ts';
import { useTranslations } from '../../i18n/language.ts';
import { useNowMs } from '../../ui/clock.ts';
import { RelativeTime } from '../../ui/relative-time.tsx';

/** Taken longer ago than this and still open: somebody should look again. */
const OLD_MS = 24 * 3_600_000;

export function AckWords({ ack, focusable = true }: { ack: Acknowledgement; focusable?: boolean }) {
  const t = useTranslations('alerts.row');
  const nowMs = useNowMs();
  const old = nowMs !== null && nowMs - ack.at > OLD_MS;
  return (
    <div className="min-w-0 text-sm">
      <p>
        {t.rich('taken', {
          name: ack.by,
          who: (name) => <span className="font-medium break-all">{name}</span>,
          when: () => (
            <span className="text-muted">
              <RelativeTime atMs={ack.at} focusable={focusable} />
            </span>
          ),
        })}
      </p>
      {ack.comment === null ? null : <p className="break-words">{ack.comment}</p>}
      <p className="text-xs text-muted">
        {ack.expiresAt === null
          ? t('untilRecovery')
          : t.rich('ends', { when: () => <RelativeTime atMs={ack.expiresAt ?? 0} focusable={focusable} /> })}
        {old ? <span className="ml-2 font-medium text-late-text">{t('old')}</span> : null}
      </p>
    </div>
  );
}
