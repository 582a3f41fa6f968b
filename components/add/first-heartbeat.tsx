'use client';

/** "Waiting for the first heartbeat…" until the host is there; then its state, green while it is up, and its page. */
import { type Host, stateNameOf } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import { TextLink } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { LoaderCircle } from '../ui/icons.tsx';
import { StateBadge } from '../ui/state-badge.tsx';

export function FirstHeartbeat({
  name,
  host,
  stateByte,
}: {
  name: string;
  host: Host | null;
  stateByte: number;
}) {
  const t = useTranslations('add.waiting');
  const live = stateNameOf(stateByte);
  const state = host === null ? null : live === 'empty' ? host.state : live;
  const up = state === 'up';
  return (
    <div
      role="status"
      data-testid="first-heartbeat"
      data-found={state ?? 'waiting'}
      className={classNames(
        'flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 rounded-md border px-3 py-1.5 text-sm',
        up ? 'border-up/50 tint-up' : 'border-line bg-raised text-muted',
      )}
    >
      {host === null || state === null ? (
        <>
          <LoaderCircle size={15} aria-hidden className="motion-safe:animate-spin" />
          <span>{t('waiting', { name })}</span>
        </>
      ) : (
        <>
          <StateBadge kind={state} />
          <span className="min-w-0 text-text">
            {t.rich(up ? 'here' : 'known', {
              host: () => (
                <TextLink href={`/hosts/${encodeURIComponent(host.name)}`} className="font-medium">
                  {host.name}
                </TextLink>
              ),
            })}
          </span>
        </>
      )}
    </div>
  );
}
