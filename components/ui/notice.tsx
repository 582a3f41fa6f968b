'use client';

/** A sentence the page says about itself, in its flow: what happened, and what can be done about it. */
import type { ReactNode } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { CircleAlert, Info, TriangleAlert, X } from './icons.tsx';

export type NoticeTone = 'info' | 'success' | 'warning' | 'danger';

const TONE_CLASS: Readonly<Record<NoticeTone, string>> = {
  info: 'tint-accent border-accent/40',
  success: 'tint-up border-up/50',
  warning: 'tint-late border-late/60',
  danger: 'tint-down border-down/50',
};

const ICON_CLASS: Readonly<Record<NoticeTone, string>> = {
  info: 'text-accent',
  success: 'text-up-text',
  warning: 'text-late-text',
  danger: 'text-down-text',
};

/** `live`: announce it when it appears (role=status, or alert for danger). */
export function Notice({
  tone = 'info',
  title,
  children,
  actions,
  onDismiss,
  live = false,
  className,
}: {
  tone?: NoticeTone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  onDismiss?: () => void;
  live?: boolean;
  className?: string;
}) {
  const t = useTranslations('common.action');
  const Icon = tone === 'warning' ? TriangleAlert : tone === 'danger' ? CircleAlert : Info;
  return (
    <div
      role={live ? (tone === 'danger' ? 'alert' : 'status') : undefined}
      className={classNames(
        'flex items-start gap-2.5 rounded-md border px-3 py-2 text-sm text-text',
        TONE_CLASS[tone],
        className,
      )}
    >
      <Icon size={16} aria-hidden className={classNames('mt-0.5 shrink-0', ICON_CLASS[tone])} />
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1">
        <div className="min-w-0 flex-1 basis-60">
          {title ? <p className="font-medium">{title}</p> : null}
          {children}
        </div>
        {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
      </div>
      {onDismiss ? (
        <IconButton label={t('dismiss')} onClick={onDismiss} className="-my-1 -mr-1.5 size-7!">
          <X size={16} aria-hidden />
        </IconButton>
      ) : null}
    </div>
  );
}
