'use client';

/** The questions an acknowledgement may ask: who, why, for how long. Loaded when first needed. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { MAX_COMMENT_LENGTH } from '@/lib/protocol/alert.ts';
import { useTranslations } from '../../i18n/language.ts';
import { Button, TextLink } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Input, Select } from '../../ui/field.tsx';
import { MAX_OPERATOR_LENGTH } from '../browser-setting.ts';
import { useCommentRequired } from '../permissions.ts';
import type { AckOptions } from './acknowledger.ts';
import { printable } from './printable.ts';
import { useActor } from './use-actor.ts';

const MINUTE_MS = 60_000;
const EXPIRIES = {
  recovery: undefined,
  m15: 15 * MINUTE_MS,
  h1: 60 * MINUTE_MS,
  h8: 8 * 60 * MINUTE_MS,
  h24: 24 * 60 * MINUTE_MS,
  d7: 7 * 24 * 60 * MINUTE_MS,
} as const;
type Expiry = keyof typeof EXPIRIES;

export default function AcknowledgeForm({
  title,
  count,
  children,
  onSubmit,
  onClose,
}: {
  title: string;
  /** Hosts it is about; null while they are counted. */
  count: number | null;
  /** What it is about, above the questions. */
  children?: ReactNode;
  onSubmit: (options: AckOptions) => void;
  onClose: () => void;
}) {
  const t = useTranslations('alerts.ack');
  const common = useTranslations('common.action');
  const formId = useId();
  const actor = useActor();
  const commentRequired = useCommentRequired();
  // Asked once: the field stays while it is being filled in, though the name is known after that.
  const [asks] = useState(actor.name === '');
  const [name, setName] = useState(actor.name);
  const [comment, setComment] = useState('');
  const [expiry, setExpiry] = useState<Expiry>('recovery');
  const [missing, setMissing] = useState<'name' | 'comment' | null>(null);
  const firstField = useRef<HTMLInputElement>(null);
  const commentField = useRef<HTMLInputElement>(null);
  // After the dialog has opened itself, which puts the focus on its close button.
  useEffect(() => (firstField.current ?? commentField.current)?.focus(), []);

  const submit = () => {
    const by = printable(name);
    const text = printable(comment);
    if (by === '') {
      setMissing('name');
      firstField.current?.focus();
      return;
    }
    if (text === '' && commentRequired) {
      setMissing('comment');
      commentField.current?.focus();
      return;
    }
    if (asks) actor.setName(by);
    const expiresInMs = EXPIRIES[expiry];
    onSubmit({
      by: by.slice(0, MAX_OPERATOR_LENGTH),
      ...(text === '' ? {} : { comment: text }),
      ...(expiresInMs === undefined ? {} : { expiresInMs }),
    });
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={count === null || count === 0}>
            {t('submit', { count: count ?? 0 })}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        // What is missing is said in the page's own words and language.
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {children}
        <p className="text-sm text-muted">{t('explain')}</p>
        {asks ? (
          <Field
            label={t('name')}
            hint={t('nameHint')}
            error={missing === 'name' ? t('nameMissing') : undefined}
          >
            {(control) => (
              <Input
                {...control}
                ref={firstField}
                value={name}
                maxLength={MAX_OPERATOR_LENGTH}
                autoComplete="nickname"
                onChange={(event) => {
                  setName(event.target.value);
                  setMissing(null);
                }}
              />
            )}
          </Field>
        ) : (
          <p className="text-sm break-words">
            {t('as', { name: actor.name })}{' '}
            {actor.signedIn ? null : <TextLink href="/settings">{t('changeName')}</TextLink>}
          </p>
        )}
        <Field
          label={t(commentRequired ? 'commentNeeded' : 'comment')}
          hint={t('commentHint', { max: MAX_COMMENT_LENGTH })}
          error={missing === 'comment' ? t('commentMissing') : undefined}
        >
          {(control) => (
            <Input
              {...control}
              ref={commentField}
              value={comment}
              maxLength={MAX_COMMENT_LENGTH}
              autoComplete="off"
              required={commentRequired}
              onChange={(event) => {
                setComment(event.target.value);
                setMissing(null);
              }}
            />
          )}
        </Field>
        <Field label={t('until')}>
          {(control) => (
            <Select {...control} value={expiry} onChange={(event) => setExpiry(event.target.value as Expiry)}>
              {(Object.keys(EXPIRIES) as Expiry[]).map((one) => (
                <option key={one} value={one}>
                  {t(`expiry.${one}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
