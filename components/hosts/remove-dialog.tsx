'use client';

/** Asks before hosts are removed, says what that means, and how it went. Fetched after the page. */
import { useEffect, useId, useRef, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { FilterWords } from '../live/acknowledge/filter-words.tsx';
import { printable } from '../live/acknowledge/printable.ts';
import { useActor } from '../live/acknowledge/use-actor.ts';
import { MAX_OPERATOR_LENGTH } from '../live/browser-setting.ts';
import { problemOf } from '../live/read-problem.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { showToast } from '../ui/toast.ts';
import { type Removal, type RemovalOutcome, removeHosts } from './removal.ts';

const NAMED_AT_MOST = 5;
/** From so many on, their number has to be typed: a slip of the filter must not cost a rack. */
const TYPED_FROM = 10;

export default function RemoveDialog({
  removal,
  onClose,
  onRemoved,
}: {
  removal: Removal;
  onClose: () => void;
  onRemoved?: (() => void) | undefined;
}) {
  const t = useTranslations('hosts.remove');
  const cancel = useTranslations('common.action')('cancel');
  const { api } = useLiveHandle();
  const actor = useActor();
  const formId = useId();
  const [asks] = useState(actor.name === '');
  const [name, setName] = useState(actor.name);
  const [typed, setTyped] = useState('');
  const [counted, setCounted] = useState<number | null>(null);
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<RemovalOutcome['problem']>(null);
  const first = useRef<HTMLInputElement>(null);
  const count = removal.kind === 'hosts' ? removal.hosts.length : counted;

  useEffect(() => {
    if (removal.kind === 'hosts') return;
    const abort = new AbortController();
    api.hosts({ ...removal.filter, limit: 1 }, abort.signal).then(
      ({ total }) => setCounted(total),
      (error: unknown) => {
        if (!abort.signal.aborted) setProblem(problemOf(error));
      },
    );
    return () => abort.abort();
  }, [api, removal]);
  const hasFields = asks || (count ?? 0) >= TYPED_FROM;
  // After the dialog has opened itself, which puts the focus on its close button.
  useEffect(() => {
    if (hasFields) first.current?.focus();
  }, [hasFields]);

  const sure = count !== null && count > 0 && (count < TYPED_FROM || typed.trim() === String(count));
  const submit = async () => {
    const by = printable(name).slice(0, MAX_OPERATOR_LENGTH);
    if (!sure || working || by === '') return;
    if (asks) actor.setName(by);
    setWorking(true);
    setProblem(null);
    const outcome = await removeHosts(api, removal, actor.signedIn ? '' : by);
    setWorking(false);
    if (outcome.removed > 0 || outcome.problem === null) onRemoved?.();
    if (outcome.problem !== null) {
      setProblem(outcome.problem);
      if (outcome.removed > 0) showToast({ text: t('removed', { count: outcome.removed }) });
      return;
    }
    showToast({ text: t('removed', { count: outcome.removed }) });
    onClose();
  };

  const lone = removal.kind === 'hosts' && removal.hosts.length === 1 ? removal.hosts[0]!.name : '';
  return (
    <Dialog
      open
      onClose={onClose}
      title={count === null ? t('counting') : t('title', { count, host: lone })}
      footer={
        <>
          <Button onClick={onClose}>{cancel}</Button>
          <Button tone="danger" type="submit" form={formId} disabled={!sure || working}>
            {working ? t('working') : t('submit', { count: count ?? 0 })}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        className="flex flex-col gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {removal.kind === 'matching' ? (
          <FilterWords filter={removal.filter}>
            {count === null ? t('counting') : t('matching', { count })}
          </FilterWords>
        ) : (
          <ul className="flex flex-wrap gap-x-3 gap-y-1 text-sm">
            {removal.hosts.slice(0, NAMED_AT_MOST).map(({ id, name: host }) => (
              <li key={id} className="font-medium break-all">
                <bdi>{host}</bdi>
              </li>
            ))}
            {removal.hosts.length > NAMED_AT_MOST ? (
              <li className="text-muted">{t('more', { count: removal.hosts.length - NAMED_AT_MOST })}</li>
            ) : null}
          </ul>
        )}
        <ul className="list-disc space-y-1 pl-5 text-sm text-muted">
          <li>{t('leaves')}</li>
          <li>{t('stays')}</li>
          <li>{t('returns')}</li>
        </ul>
        {asks ? (
          <Field label={t('name')} hint={t('nameHint')}>
            {(control) => (
              <Input
                {...control}
                ref={first}
                value={name}
                required
                maxLength={MAX_OPERATOR_LENGTH}
                autoComplete="nickname"
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        ) : null}
        {count !== null && count >= TYPED_FROM ? (
          <Field label={t('type', { count })}>
            {(control) => (
              <Input
                {...control}
                ref={asks ? undefined : first}
                value={typed}
                inputMode="numeric"
                autoComplete="off"
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        ) : null}
        {problem ? (
          <Notice tone="danger" live>
            {t('failed', problem)}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
