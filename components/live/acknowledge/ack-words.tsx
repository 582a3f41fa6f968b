'use client';

/** Who has taken an alert, since when, until when, and why: the same words on every page, fewer of them in lists. */
import type { Acknowledgement } from '#lib/protocol/alert.ts';
import { useTranslations } from '../../i18n/language.ts';
import { RelativeTime } from '../../ui/relative-time.tsx';

/**
 * `brief`: in a list, where each row is a stop for the keyboard already and the page of the host says the rest.
 * `over`: its outage has ended, and it with it.
 */
export function AckWords({
  ack,
  brief = false,
  over = false,
}: {
  ack: Acknowledgement;
  brief?: boolean;
  over?: boolean;
}) {
  const t = useTranslations('alerts.row');
  return (
    <div className="min-w-0 text-sm">
      <p>
        {t.rich('taken', {
          name: ack.by,
          who: (name) => <bdi className="font-medium break-all">{name}</bdi>,
          when: () => (
            <span className="text-muted">
              <RelativeTime atMs={ack.at} focusable={!brief} />
            </span>
          ),
        })}
      </p>
      {ack.comment === null ? null : (
        <p className={`wrap-anywhere ${brief ? 'line-clamp-2' : ''}`} dir="auto" title={ack.comment}>
          {ack.comment}
        </p>
      )}
      {over || (brief && ack.expiresAt === null) ? null : (
        <p className="text-xs text-muted">
          {ack.expiresAt === null
            ? t('untilRecovery')
            : t.rich('ends', { when: () => <RelativeTime atMs={ack.expiresAt ?? 0} focusable={!brief} /> })}
        </p>
      )}
    </div>
  );
}
