'use client';

/** What happened to a host, in words and as a shape: the same on the page of one host and in the fleet's history. */
import type { HostEvent, HostEventKind } from '@/lib/protocol/host.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import type { StateKind } from '../ui/tokens.ts';
import { verdictWords } from './verdict-words.ts';

/** As the server names it when nobody did it by hand. */
const SYSTEM_ACTOR = 'system';

export const EVENT_SHAPE: Readonly<Record<HostEventKind, StateKind>> = {
  registered: 'pending',
  up: 'up',
  down: 'down',
  left: 'left',
  restarted: 'up',
  returned: 'up',
  removed: 'left',
  acknowledged: 'acknowledged',
  unacknowledged: 'down',
};

export type EventWords = {
  what(event: HostEvent): string;
  /** Why it is down, what was said with it; `people`: written by somebody, in whatever direction. Null: nothing to add. */
  why(event: HostEvent): { readonly text: string; readonly people: boolean } | null;
};

export function useEventWords(): EventWords {
  const t = useTranslations('events');
  const words = useTranslations('alerts');
  const format = useFormatter();
  return {
    what: ({ kind, by }) => {
      if (by === SYSTEM_ACTOR && kind === 'unacknowledged') return t('expired');
      if (by === null || by === SYSTEM_ACTOR) return t(`kind.${kind}`);
      return kind === 'registered'
        ? t('named', { name: by })
        : t('by', { what: t(`kind.${kind}`), name: by });
    },
    why: ({ evidence, reason }) => {
      if (evidence !== null) return { text: verdictWords(words, format, evidence), people: false };
      return reason === null || reason === '' ? null : { text: reason, people: true };
    },
  };
}
