'use client';

/**
 * Binds acknowledging to components. The calls themselves (acknowledger.ts) are fetched after the page, or when one
 * is wanted sooner.
 */
import { useMemo, useSyncExternalStore } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import { useTranslations } from '../../i18n/language.ts';
import { optionalModule } from '../../ui/optional.ts';
import { showToast } from '../../ui/toast.ts';
import { useReadAboutAgain } from '../about.tsx';
import type { AckBatches } from './ack-batch.ts';
import { ackStore } from './ack-store.ts';
import type { Acknowledger } from './acknowledger.ts';
import { useActor } from './use-actor.ts';

const loadAcknowledger = optionalModule(() => import('./acknowledger.ts'));

/** What was acknowledged here a moment ago, oldest first. */
export function useAckBatches(): AckBatches {
  return useSyncExternalStore(ackStore.subscribe, ackStore.getState, ackStore.getInitialState);
}

export function useAcknowledger(): Acknowledger {
  const live = useLiveHandle();
  const t = useTranslations('alerts.said');
  const { name } = useActor();
  const readAboutAgain = useReadAboutAgain();
  return useMemo(() => {
    /** What cannot even be asked for has failed as a call to a server that is away has. */
    const withCalls = async (
      failed: 'failed' | 'undoFailed',
      use: (calls: Acknowledger) => void,
    ): Promise<void> => {
      const calls = await loadAcknowledger().catch(() => null);
      if (calls === null) showToast({ text: t(failed, { code: 'network', detail: '' }), tone: 'danger' });
      else use(calls.createAcknowledger(live, t, name, readAboutAgain));
    };
    return {
      acknowledge: (targets, options) =>
        void withCalls('failed', (calls) => calls.acknowledge(targets, options)),
      acknowledgeMatching: (matching, options) =>
        void withCalls('failed', (calls) => calls.acknowledgeMatching(matching, options)),
      undoLast: () => {
        if (ackStore.getState().length > 0) void withCalls('undoFailed', (calls) => calls.undoLast());
      },
      undo: (batch) => void withCalls('undoFailed', (calls) => calls.undo(batch)),
      takeBack: (targets) => void withCalls('undoFailed', (calls) => calls.takeBack(targets)),
    };
  }, [live, t, name, readAboutAgain]);
}
