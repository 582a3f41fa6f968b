'use client';

/** What a filter asks for, as people typed it, and what the server says of it: above the questions of a dialog. */
import type { ReactNode } from 'react';
import type { HostFilter } from '#lib/protocol/api.ts';
import { useTranslations } from '../../i18n/language.ts';
import type { StateKind } from '../../ui/tokens.ts';

export function FilterWords({ filter, children }: { filter: HostFilter; children: ReactNode }) {
  const t = useTranslations('alerts.ack');
  const stateWord = useTranslations('common.state');
  const { state, q = '', label = [] } = filter;
  const word =
    state === undefined ? '' : state === 'unhandled' ? t('unhandled') : stateWord(state as StateKind);
  const parts = [word, q, ...(typeof label === 'string' ? [label] : label)].filter((part) => part !== '');
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p className="flex flex-wrap items-center gap-1.5">
        <span className="text-muted">{t('filter')}</span>
        {parts.length === 0
          ? t('noFilter')
          : parts.map((part) => (
              <code key={part} className="rounded-sm bg-raised px-1.5 py-0.5 break-all">
                <bdi>{part}</bdi>
              </code>
            ))}
      </p>
      <p aria-live="polite">{children}</p>
    </div>
  );
}
