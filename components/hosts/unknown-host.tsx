'use client';

/** In the place of a host that is not there: never heard, or removed, and then what is remembered of it. Fetched after the page. */
import { useEffect, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { HostEvent } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import { LinkButton } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Panel } from '../ui/panel.tsx';
import { HostEvents } from './host-events.tsx';
import { hostsAddress } from './host-query.ts';

const EVENTS_SHOWN = 50;

/** `removed`: it was shown a moment ago. */
export default function UnknownHost({ nameOrId, removed }: { nameOrId: string; removed: boolean }) {
  const t = useTranslations('hosts.host');
  const { api } = useLiveHandle();
  const [past, setPast] = useState<readonly HostEvent[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    // One that was never heard has no past, which is an answer as well.
    api.hostEvents(nameOrId, { limit: EVENTS_SHOWN }, abort.signal).then(
      ({ events }) => setPast(events),
      () => {},
    );
    return () => abort.abort();
  }, [api, nameOrId]);
  const wasThere = removed || past.length > 0;
  return (
    <>
      <EmptyState
        title={
          <span className="wrap-anywhere">
            {t(wasThere ? 'removedTitle' : 'unknownTitle', { name: nameOrId })}
          </span>
        }
        actions={
          wasThere ? (
            <LinkButton href="/hosts">{t('back')}</LinkButton>
          ) : (
            <>
              <LinkButton tone="primary" href={hostsAddress({ q: nameOrId })} className="max-w-full">
                <span className="truncate">{t('searchFor', { name: nameOrId })}</span>
              </LinkButton>
              <LinkButton href="/add">{t('add')}</LinkButton>
            </>
          )
        }
      >
        {t(wasThere ? 'removed' : 'unknown')}
      </EmptyState>
      {past.length > 0 ? (
        <Panel title={t('events')} bodyClassName="">
          <HostEvents nameOrId={nameOrId} recent={past} />
        </Panel>
      ) : null}
    </>
  );
}
