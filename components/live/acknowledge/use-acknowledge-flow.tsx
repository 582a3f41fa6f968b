'use client';

/**
 * Owns the way to an acknowledgement: at once when a name is known and nothing else is asked, through the form
 * otherwise. The page renders `form` and calls the rest; to a reader who may only watch, each call says so instead.
 */
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslations } from '../../i18n/language.ts';
import { optional } from '../../ui/optional.ts';
import { showToast } from '../../ui/toast.ts';
import { useAbout } from '../about.tsx';
import { useCommentRequired, useMayAct } from '../permissions.ts';
import type { AckTarget } from './ack-batch.ts';
import type { AckMatching, Acknowledger, AckOptions } from './acknowledger.ts';
import { useAcknowledger } from './use-acknowledge.ts';
import { useActor } from './use-actor.ts';

const AcknowledgeForm = optional(() => import('./acknowledge-form.tsx'));

/** Hosts named one by one, or all that match a filter; what they are is shown above the questions. */
export type AckRequestDraft =
  | { readonly kind: 'targets'; readonly targets: readonly AckTarget[] }
  | {
      readonly kind: 'matching';
      /** Null while the server counts. */
      readonly matching: AckMatching | null;
      readonly count: number | null;
      readonly about: ReactNode;
    };

export type AcknowledgeFlow = {
  /** Whether this reader may act at all: controls are drawn only then. */
  readonly mayAct: boolean;
  /** The same for a key, which nobody can hide: when not, the reader is told why. */
  permit(): boolean;
  /** Acknowledges until recovery; asks only for what is needed and not known yet. */
  acknowledge(targets: readonly AckTarget[], onDone?: () => void): void;
  /** Asks for a comment and an end first. */
  ask(draft: AckRequestDraft, onDone?: () => void): void;
  /** Fills in what the server has counted meanwhile; nothing when the form was closed. */
  refine(draft: AckRequestDraft): void;
  cancel(): void;
  readonly asking: boolean;
  readonly undoLast: Acknowledger['undoLast'];
  readonly undo: Acknowledger['undo'];
  readonly takeBack: Acknowledger['takeBack'];
  readonly form: ReactNode;
};

const NAMED_AT_MOST = 5;

type Asked = { readonly draft: AckRequestDraft; readonly onDone?: (() => void) | undefined };

export function useAcknowledgeFlow(): AcknowledgeFlow {
  const acknowledger = useAcknowledger();
  const { name } = useActor();
  const mayAct = useMayAct();
  const commentRequired = useCommentRequired();
  const known = useAbout() !== null;
  const t = useTranslations('alerts.ack');
  const [asked, setAsked] = useState<Asked | null>(null);
  const [closing, setClosing] = useState(false);

  const permit = useCallback(() => {
    if (!mayAct) showToast({ text: t(known ? 'watchOnly' : 'notKnown') });
    return mayAct;
  }, [mayAct, known, t]);
  const ask = (draft: AckRequestDraft, onDone?: () => void) => {
    if (permit()) setAsked({ draft, onDone });
  };
  const refine = useCallback(
    (draft: AckRequestDraft) => setAsked((now) => (now === null ? null : { ...now, draft })),
    [],
  );
  const acknowledge = (targets: readonly AckTarget[], onDone?: () => void) => {
    if (!permit() || targets.length === 0) return;
    if (name === '' || commentRequired) ask({ kind: 'targets', targets }, onDone);
    else {
      acknowledger.acknowledge(targets, {});
      onDone?.();
    }
  };
  /** Lists stay held until the form has given the focus back; only then is anything done. */
  const close = (then?: () => void) => {
    setClosing(true);
    setAsked(null);
    setTimeout(() => {
      then?.();
      setClosing(false);
    }, 0);
  };
  const act = ({ draft, onDone }: Asked, options: AckOptions) => {
    if (draft.kind === 'targets') acknowledger.acknowledge(draft.targets, options);
    else if (draft.matching) acknowledger.acknowledgeMatching(draft.matching, options);
    onDone?.();
  };
  const submit = (options: AckOptions) => {
    if (asked !== null) close(() => act(asked, options));
  };

  let form: ReactNode = null;
  if (asked !== null) {
    const { draft } = asked;
    const count = draft.kind === 'targets' ? draft.targets.length : draft.count;
    const first = draft.kind === 'targets' ? (draft.targets[0]?.host ?? '') : '';
    const title =
      draft.kind === 'targets'
        ? t('title', { count: draft.targets.length, host: first })
        : count === null
          ? t('counting')
          : t('titleMatching', { count });
    form = (
      <AcknowledgeForm title={title} count={count} onSubmit={submit} onClose={() => close()}>
        {draft.kind === 'matching' ? draft.about : <TargetNames targets={draft.targets} />}
      </AcknowledgeForm>
    );
  }
  return {
    mayAct,
    permit,
    acknowledge,
    ask,
    refine,
    cancel: () => close(),
    asking: asked !== null || closing,
    undoLast: () => {
      if (permit()) acknowledger.undoLast();
    },
    undo: acknowledger.undo,
    takeBack: acknowledger.takeBack,
    form,
  };
}

/** Who it is about, when the title does not say it. */
function TargetNames({ targets }: { targets: readonly AckTarget[] }) {
  const t = useTranslations('alerts.ack');
  if (targets.length < 2) return null;
  const more = targets.length - NAMED_AT_MOST;
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-1 text-sm">
      {targets.slice(0, NAMED_AT_MOST).map(({ id, host }) => (
        <li key={id} className="font-medium break-all">
          <bdi>{host}</bdi>
        </li>
      ))}
      {more > 0 ? <li className="text-muted">{t('more', { count: more })}</li> : null}
    </ul>
  );
}
