'use client';

/** What the list is filtered by: a search box that also takes labels, chips by state with the fleet's counts. */
import { useEffect, useRef, useState } from 'react';
import { useCounts } from '@/lib/client/use-live.ts';
import type { HostCounts } from '@/lib/protocol/host.ts';
import { unhandledOf } from '@/lib/protocol/host-counts.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { classNames } from '../ui/class-names.ts';
import { Search, X } from '../ui/icons.tsx';
import { AddressLink } from '../ui/list/address-link.tsx';
import { goTo } from '../ui/list/use-address.ts';
import { pillClass } from '../ui/pill.tsx';
import { StateShape } from '../ui/state-shape.tsx';
import {
  type HostQuery,
  type HostStateFilter,
  hostsAddress,
  LABEL_SIGN,
  MAX_SEARCH_LENGTH,
  STATE_FILTERS,
  typedLabel,
  withFilter,
} from './host-query.ts';

/** Typing is over when nothing was typed for so long. */
const TYPED_MS = 250;

function countOf(counts: HostCounts, filter: HostStateFilter | null): number {
  if (filter === null) return counts.total;
  if (filter === 'unhandled') return unhandledOf(counts);
  return counts[filter];
}

function SearchBox({ query }: { query: HostQuery }) {
  const t = useTranslations('hosts.search');
  /** What is being typed; null = the box shows the address. */
  const [draft, setDraft] = useState<string | null>(null);
  const [composing, setComposing] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  /** The search this box wrote into the address last. */
  const written = useRef(query.q);
  const text = draft ?? query.q;
  const trimmed = text.trim();
  const label = typedLabel(trimmed);

  // Back, Forward and links change the address too; then what was typed gives way.
  useEffect(() => {
    if (query.q === written.current) return;
    written.current = query.q;
    setDraft(null);
  }, [query.q]);

  useEffect(() => {
    // The beginning of a label is completed by Enter.
    if (draft === null || composing || trimmed === query.q || LABEL_SIGN.test(trimmed)) return;
    const timer = setTimeout(() => {
      written.current = trimmed;
      goTo(hostsAddress(withFilter(query, { q: trimmed })), 'replace');
    }, TYPED_MS);
    return () => clearTimeout(timer);
  }, [draft, composing, trimmed, query]);

  const show = (q: string, labels: readonly string[], how: 'push' | 'replace') => {
    written.current = q;
    setDraft(null);
    goTo(hostsAddress(withFilter(query, { q, labels })), how);
  };
  const submit = () => {
    if (label !== null) show('', [...new Set([...query.labels, label])], 'push');
    else if (!LABEL_SIGN.test(trimmed)) show(trimmed, query.labels, 'replace');
  };
  const clear = () => show('', query.labels, 'replace');

  return (
    <search className="w-full sm:w-80">
      <form
        className="relative"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Search
          size={16}
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted"
        />
        <input
          ref={input}
          type="text"
          inputMode="search"
          enterKeyHint="search"
          data-filter-input
          value={text}
          maxLength={MAX_SEARCH_LENGTH}
          placeholder={t('placeholder')}
          aria-label={t('label')}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-describedby={label ? 'host-search-hint' : undefined}
          onCompositionStart={() => setComposing(true)}
          onCompositionEnd={() => setComposing(false)}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
            event.preventDefault();
            if (text === '') event.currentTarget.blur();
            else clear();
          }}
          className="h-(--control-h) w-full rounded-md border border-control bg-surface pr-9 pl-8 text-sm placeholder:text-muted"
        />
        {text === '' ? null : (
          <button
            type="button"
            aria-label={t('clear')}
            title={t('clear')}
            onClick={() => {
              clear();
              input.current?.focus();
            }}
            className="absolute top-1/2 right-1 flex size-7 -translate-y-1/2 items-center justify-center rounded-sm text-muted hover:text-text"
          >
            <X size={15} aria-hidden />
          </button>
        )}
        {label ? (
          <p
            id="host-search-hint"
            role="status"
            className="absolute top-full left-0 z-10 mt-1 rounded-md border border-control bg-raised px-2 py-1 text-xs shadow-pop"
          >
            {t('labelHint', { label })}
          </p>
        ) : null}
      </form>
    </search>
  );
}

export function HostFilterBar({ query }: { query: HostQuery }) {
  const t = useTranslations('hosts');
  const stateWord = useTranslations('common.state');
  const format = useFormatter();
  const counts = useCounts();
  return (
    <div className="mb-3 flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchBox query={query} />
        {query.labels.length > 0 ? (
          <ul aria-label={t('labels.active')} className="flex min-w-0 flex-wrap gap-1.5">
            {query.labels.map((label) => (
              <li key={label} className="min-w-0">
                <AddressLink
                  address={hostsAddress(
                    withFilter(query, { labels: query.labels.filter((one) => one !== label) }),
                  )}
                  aria-label={t('labels.remove', { label })}
                  title={t('labels.remove', { label })}
                  className={classNames(pillClass('accent'), 'min-h-7 hover:border-accent')}
                >
                  <span className="truncate">{label}</span>
                  <X size={13} aria-hidden className="shrink-0" />
                </AddressLink>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <nav aria-label={t('states.label')} className="-mx-4 overflow-x-auto px-4 py-0.5 lg:-mx-6 lg:px-6">
        <ul className="flex w-max gap-1.5">
          {([null, ...STATE_FILTERS] as const).map((filter) => {
            const current = query.state === filter;
            const count = counts === null ? null : countOf(counts, filter);
            return (
              <li key={filter ?? 'all'}>
                <AddressLink
                  address={hostsAddress(withFilter(query, { state: filter }))}
                  aria-current={current ? 'true' : undefined}
                  data-state-filter={filter ?? 'all'}
                  className={classNames(
                    'inline-flex min-h-7 items-center gap-1.5 rounded-full border px-2.5 text-sm whitespace-nowrap pointer-coarse:min-h-9',
                    current
                      ? 'border-accent font-medium text-text tint-accent shadow-[inset_0_0_0_1px_var(--color-accent)]'
                      : 'border-line text-muted hover:border-control hover:text-text',
                  )}
                >
                  {filter === null ? null : (
                    <StateShape kind={filter === 'unhandled' ? 'down' : filter} size={12} />
                  )}
                  <span className="inline-block first-letter:uppercase">
                    {filter === null
                      ? t('states.all')
                      : filter === 'unhandled'
                        ? t('states.unhandled')
                        : stateWord(filter)}
                  </span>
                  <span className="min-w-[1ch] text-right tabular-nums">
                    {count === null ? '' : format.number(count)}
                  </span>
                </AddressLink>
              </li>
            );
          })}
        </ul>
      </nav>
    </div>
  );
}
