'use client';

/** Under which name this browser acknowledges. */
import { useState } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { MAX_OPERATOR_LENGTH, useOperator } from '../live/browser-setting.ts';
import { Button } from '../ui/button.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Panel } from '../ui/panel.tsx';
import { showToast } from '../ui/toast.ts';

export function OperatorPanel() {
  const t = useTranslations('settings.operator');
  const [name, setName] = useOperator();
  /** What is being typed; null = nothing, the kept name is shown. */
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <Panel title={t('title')} hint={t('hint')}>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          setName(draft ?? name);
          setDraft(null);
          showToast({ text: t('saved') });
        }}
      >
        <Field label={t('name')} className="flex-1 basis-56">
          {(control) => (
            <Input
              {...control}
              name="operator"
              autoComplete="nickname"
              maxLength={MAX_OPERATOR_LENGTH}
              value={draft ?? name}
              onChange={(event) => setDraft(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" disabled={draft === null || draft.trim() === name}>
          {t('save')}
        </Button>
      </form>
    </Panel>
  );
}
