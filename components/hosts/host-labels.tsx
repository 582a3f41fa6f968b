'use client';

/** The labels of a host, each a link to all hosts that carry it. Values are people's text and shown as such. */
import type { Labels } from '@/lib/protocol/host.ts';
import { useTranslations } from '../i18n/language.ts';
import { AddressLink } from '../ui/list/address-link.tsx';
import { pillClass } from '../ui/pill.tsx';
import { hostsAddress } from './host-query.ts';

/** `most`: how many are shown; the rest is counted and named on hover. */
export function HostLabels({
  labels,
  most = Number.POSITIVE_INFINITY,
  wrap = false,
}: {
  labels: Labels;
  most?: number;
  wrap?: boolean;
}) {
  const t = useTranslations('hosts.labels');
  const all = Object.entries(labels).map(([key, value]) => `${key}:${value}`);
  if (all.length === 0) return null;
  const rest = all.slice(most);
  return (
    <ul className={`flex min-w-0 items-center gap-1 ${wrap ? 'flex-wrap' : ''}`} aria-label={t('title')}>
      {all.slice(0, most).map((label) => (
        <li key={label} className={wrap ? 'min-w-0' : 'min-w-10'}>
          <AddressLink
            address={hostsAddress({ labels: [label] })}
            className={`${pillClass()} ${wrap ? '' : 'max-w-36'} hover:border-control hover:text-text`}
            title={t('filter', { label })}
          >
            <bdi className="truncate">{label}</bdi>
          </AddressLink>
        </li>
      ))}
      {rest.length > 0 ? (
        <li className="shrink-0 text-xs text-muted" title={rest.join('  ')}>
          {t('more', { count: rest.length })}
        </li>
      ) : null}
    </ul>
  );
}
