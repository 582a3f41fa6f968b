'use client';

/** The name of an account, for whoever signs in with it or makes one; managers find it beside the password. */
import type { ReactNode, Ref } from 'react';
import { Field, Input } from './field.tsx';

/** More than is accepted, so that what is too long is said and not cut off unseen. */
const MAX_INPUT = 100;

export function UserNameField({
  label,
  hint,
  error,
  value,
  onChange,
  ref,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  value: string;
  onChange: (value: string) => void;
  ref?: Ref<HTMLInputElement>;
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <Input
          {...control}
          ref={ref}
          name="username"
          autoComplete="username"
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          maxLength={MAX_INPUT}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
