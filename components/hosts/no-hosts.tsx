'use client';

/** An empty list of hosts: why it is, and what to do about it. Fetched when it is needed. */
import { useTranslations } from '../i18n/language.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Server } from '../ui/icons.tsx';
import { goTo } from '../ui/list/use-address.ts';
import { ALL_HOSTS, type HostQuery, hostsAddress, isFiltered } from './host-query.ts';

export default function NoHosts({ query }: { query: HostQuery }) {
  const t = useTranslations('hosts.empty');
  if (query.cursor !== null) {
    return (
      <EmptyState
        title={t('endTitle')}
        actions={
          <Button onClick={() => goTo(hostsAddress({ ...query, cursor: null, page: 1 }))}>
            {t('firstPage')}
          </Button>
        }
      >
        {t('end')}
      </EmptyState>
    );
  }
  if (!isFiltered(query)) {
    return (
      <EmptyState
        icon={<Server size={28} aria-hidden />}
        title={t('fleetTitle')}
        actions={
          <LinkButton tone="primary" href="/add">
            {t('add')}
          </LinkButton>
        }
      >
        {t('fleet')}
      </EmptyState>
    );
  }
  const unhandled = query.state === 'unhandled';
  return (
    <EmptyState
      title={unhandled ? t('unhandledTitle') : t('matchTitle')}
      actions={
        <Button onClick={() => goTo(hostsAddress({ ...ALL_HOSTS, sort: query.sort }))}>{t('clear')}</Button>
      }
    >
      {unhandled ? t('unhandled') : t('match')}
    </EmptyState>
  );
}
