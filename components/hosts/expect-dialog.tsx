'use client';

/** Names a host before it is heard: it is watched from then on, and alerts when it does not come. Fetched after the page. */
import { useRouter } from 'next/navigation';
import { useEffect, useId, useRef, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { useActor } from '../live/acknowledge/use-actor.ts';
import { problemOf, type ReadProblem } from '../live/read-problem.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { showToast } from '../ui/toast.ts';
import { type ExpectedHostMistake, readExpectedHost } from './expected-host.ts';

const MAX_NAME_LENGTH = 63;
const DEFAULT_INTERVAL = '60s';

export default function ExpectDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('hosts.expect');
  const cancel = useTranslations('common.action')('cancel');
  const { api } = useLiveHandle();
  const router = useRouter();
  const actor = useActor();
  const formId = useId();
  const [name, setName] = useState('');
  const [interval, setInterval] = useState(DEFAULT_INTERVAL);
  const [labels, setLabels] = useState('');
  const [mistake, setMistake] = useState<ExpectedHostMistake | null>(null);
  const [problem, setProblem] = useState<ReadProblem | null>(null);
  const [working, setWorking] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const submit = async () => {
    const reading = readExpectedHost({ name, interval, labels });
    setProblem(null);
    setMistake(reading.ok ? null : reading.mistake);
    if (!reading.ok) {
      form.current?.querySelector<HTMLInputElement>(`[name=${reading.mistake.field}]`)?.focus();
      return;
    }
    if (working) return;
    setWorking(true);
    try {
      const by = actor.signedIn || actor.name === '' ? {} : { by: actor.name };
      await api.send('POST', '/api/hosts', { ...reading.host, ...by });
      showToast({ text: t('done', { host: reading.host.name }) });
      onClose();
      router.push(`/hosts/${encodeURIComponent(reading.host.name)}`);
    } catch (error) {
      setWorking(false);
      setProblem(problemOf(error));
    }
  };
  const errorOf = (field: ExpectedHostMistake['field']) =>
    mistake?.field === field ? t(`mistake.${field}`, { word: mistake.word }) : undefined;

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('title')}
      footer={
        <>
          <Button onClick={onClose}>{cancel}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={working}>
            {t('submit')}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        ref={form}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p className="text-sm text-muted">{t('explain')}</p>
        <Field label={t('name')} hint={t('nameHint')} error={errorOf('name')}>
          {(control) => (
            <Input
              {...control}
              ref={first}
              name="name"
              value={name}
              required
              maxLength={MAX_NAME_LENGTH}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('interval')} hint={t('intervalHint')} error={errorOf('interval')}>
          {(control) => (
            <Input
              {...control}
              name="interval"
              value={interval}
              maxLength={10}
              autoComplete="off"
              onChange={(event) => setInterval(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('labels')} hint={t('labelsHint')} error={errorOf('labels')}>
          {(control) => (
            <Input
              {...control}
              name="labels"
              value={labels}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              onChange={(event) => setLabels(event.target.value)}
            />
          )}
        </Field>
        {problem ? (
          <Notice tone="danger" live>
            {t('failed', problem)}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
