'use client';

/** Draws the toasts. They wait while the pointer or the focus is on them. Rendered once, by the shell. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { Button, IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { X } from './icons.tsx';
import { dismissToast, type ShownToast, shownToasts, subscribeToasts } from './toast.ts';

const NONE: readonly ShownToast[] = [];

function Toast({ toast }: { toast: ShownToast }) {
  const t = useTranslations('common.action');
  const [held, setHeld] = useState(false);
  const durationMs = toast.durationMs ?? (toast.undo ? 10_000 : 6_000);
  const dismiss = () => dismissToast(toast.id);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissToast(toast.id), durationMs);
    return () => clearTimeout(timer);
  }, [held, durationMs, toast.id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while somebody reads it.
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className={classNames(
        'pointer-events-auto flex max-w-full items-center gap-3 rounded-lg border bg-raised py-1.5 pr-1.5 pl-3 text-sm shadow-pop',
        toast.tone === 'danger' ? 'border-down' : 'border-control',
      )}
    >
      <p className="min-w-0 flex-1">{toast.text}</p>
      {toast.undo ? (
        <Button
          onClick={() => {
            toast.undo?.();
            dismiss();
          }}
        >
          {t('undo')}
        </Button>
      ) : null}
      <IconButton label={t('dismiss')} onClick={dismiss}>
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  );
}

export function Toaster() {
  const toasts = useSyncExternalStore(subscribeToasts, shownToasts, () => NONE);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-4 bottom-[calc(1rem+var(--bottom-bar-h,0px))] z-40 flex flex-col items-center gap-2"
    >
      {toasts.map((toast) => (
        <Toast key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
