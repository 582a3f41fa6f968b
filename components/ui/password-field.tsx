'use client';

/** A password with a switch that shows it. What is typed or pasted is taken as it is; managers find it by `autoComplete`. */
import { type ReactNode, type Ref, useState } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { IconButton } from './button.tsx';
import { Field, Input } from './field.tsx';
import { Eye, EyeOff } from './icons.tsx';

export function PasswordField({
  label,
  hint,
  error,
  value,
  onChange,
  autoComplete,
  name = 'password',
  ref,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  value: string;
  onChange: (value: string) => void;
  autoComplete: 'current-password' | 'new-password';
  name?: string;
  ref?: Ref<HTMLInputElement>;
}) {
  const t = useTranslations('common.password');
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <div className="flex items-center gap-1">
          <Input
            {...control}
            ref={ref}
            name={name}
            type={shown ? 'text' : 'password'}
            autoComplete={autoComplete}
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            maxLength={MAX_INPUT}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <IconButton label={shown ? t('hide') : t('show')} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
          </IconButton>
        </div>
      )}
    </Field>
  );
}

/** More than is accepted, so that what is too long is said and not cut off unseen. */
const MAX_INPUT = 1_000;
