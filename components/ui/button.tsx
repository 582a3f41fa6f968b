/** Buttons, and links that look like them. All are at least 28 px high, 44 px for a finger. */
import type { ComponentProps, ReactNode } from 'react';
import { AppLink, type AppLinkProps } from './app-link.tsx';
import { classNames } from './class-names.ts';

export type ButtonTone = 'primary' | 'neutral' | 'quiet' | 'danger';

const TONE_CLASS: Readonly<Record<ButtonTone, string>> = {
  primary: 'border-transparent bg-accent text-on-accent hover:opacity-90',
  neutral: 'border-control bg-surface text-text hover:bg-raised',
  quiet: 'border-transparent bg-transparent text-muted hover:bg-raised hover:text-text',
  danger: 'border-down bg-surface text-down-text hover:bg-raised',
};

export function buttonClass(tone: ButtonTone = 'neutral', square = false): string {
  return classNames(
    'inline-flex h-(--control-h) shrink-0 items-center justify-center gap-1.5 rounded-md border text-sm font-medium whitespace-nowrap no-underline',
    'disabled:opacity-60 aria-disabled:opacity-60',
    square ? 'w-(--control-h)' : 'px-3',
    TONE_CLASS[tone],
  );
}

export function Button({
  tone = 'neutral',
  className,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & { tone?: ButtonTone }) {
  return <button type={type} data-motion className={classNames(buttonClass(tone), className)} {...rest} />;
}

/** A square button with an icon alone; `label` is its name and its tooltip. */
export function IconButton({
  label,
  tone = 'quiet',
  className,
  type = 'button',
  children,
  ...rest
}: ComponentProps<'button'> & { label: string; tone?: ButtonTone; children: ReactNode }) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      data-motion
      className={classNames(buttonClass(tone, true), className)}
      {...rest}
    >
      {children}
    </button>
  );
}

export function LinkButton({ tone = 'neutral', className, ...rest }: AppLinkProps & { tone?: ButtonTone }) {
  return <AppLink data-motion className={classNames(buttonClass(tone), className)} {...rest} />;
}

/** A link in running text: underlined, so that colour is not its only mark. */
export function TextLink({ className, ...rest }: AppLinkProps) {
  return (
    <AppLink
      className={classNames(
        'rounded-sm text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent',
        className,
      )}
      {...rest}
    />
  );
}
