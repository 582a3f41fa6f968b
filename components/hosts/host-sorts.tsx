'use client';

/** How the list is sorted, for phones: there are no headers there to sort by. Fetched after the page. */
import type { HostSort } from '@/lib/protocol/api.ts';
import { useTranslations } from '../i18n/language.ts';
import { Field, Select } from '../ui/field.tsx';
import { goTo } from '../ui/list/use-address.ts';
import { HOST_SORTS, type HostQuery, hostsAddress, withFilter } from './host-query.ts';

export default function HostSorts({ query }: { query: HostQuery }) {
  const t = useTranslations('hosts.sort');
  return (
    <Field label={t('label')} hideLabel className="ml-auto w-44 sm:hidden">
      {(control) => (
        <Select
          {...control}
          value={query.sort}
          onChange={(event) =>
            goTo(hostsAddress(withFilter(query, { sort: event.target.value as HostSort })))
          }
        >
          {HOST_SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {t(sort)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
