'use client';

/** The questions an acknowledgement may ask: who, why, for how long. Loaded when first needed. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTranslations } from '../../i18n/language.ts';
import { Button, TextLink } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Input, Select } from '../../ui/field.tsx';
import { MAX_OPERATOR_LENGTH, useOperator } from '../browser-setting.ts';
import type { AckOptions } from './acknowledger.ts';

/** What a row can still show; the server takes more. */
const MAX_COMMENT_LENGTH = 500;

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
  const [operator, setOperator] = useOperator();
  // Asked once: the field stays while it is being filled in, though the name is known after that.
  const [asks] = useState(operator === '');
  const [name, setName] = useState(operator);
  const [comment, setComment] = useState('');
  const [expiry, setExpiry] = useState<Expiry>('recovery');
  const [missing, setMissing] = useState(false);
  const firstField = useRef<HTMLInputElement>(null);
  // After the dialog has opened itself, which puts the focus on its close button.
  useEffect(() => firstField.current?.focus(), []);

  const submit = () => {
    const by = name.trim();
    if (by === '') {
      setMissing(true);
      firstField.current?.focus();
      return;
    }
    if (asks) setOperator(by);
    const expiresInMs = EXPIRIES[expiry];
    const text = comment.trim();
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
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {children}
        <p className="text-sm text-muted">{t('explain')}</p>
        {asks ? (
          <Field label={t('name')} hint={t('nameHint')} error={missing ? t('nameMissing') : undefined}>
            {(control) => (
              <Input
                {...control}
                ref={firstField}
                value={name}
                maxLength={MAX_OPERATOR_LENGTH}
                autoComplete="nickname"
                onChange={(event) => {
                  setName(event.target.value);
                  setMissing(false);
                }}
              />
            )}
          </Field>
        ) : (
          <p className="text-sm">
            {t('as', { name: operator })} <TextLink href="/settings">{t('changeName')}</TextLink>
          </p>
        )}
        <Field label={t('comment')} hint={t('commentHint', { max: MAX_COMMENT_LENGTH })}>
          {(control) => (
            <Input
              {...control}
              ref={asks ? undefined : firstField}
              value={comment}
              maxLength={MAX_COMMENT_LENGTH}
              autoComplete="off"
              onChange={(event) => setComment(event.target.value)}
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
