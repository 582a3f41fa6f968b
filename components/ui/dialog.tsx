'use client';

/**
 * A modal dialog on the platform's own <dialog>: it traps the focus, closes on Esc and on its backdrop, and
 * gives the focus back. Its content is only there while it is open.
 */
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { X } from './icons.tsx';

export function Dialog({
  open,
  onClose,
  title,
  children,
  footer,
  className,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  className?: string;
}) {
  const t = useTranslations('common.action');
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = element.current;
    if (!dialog || !open) return;
    // The browser restores the focus only to an element that is still there; so do we, and nowhere else.
    const opener = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, [open]);

  if (!open) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click closes on the backdrop; Esc is the keyboard's way, by onCancel.
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
      className={classNames(
        'max-h-[min(85dvh,44rem)] w-[min(32rem,calc(100vw-2rem))] overflow-hidden rounded-lg border border-line bg-surface p-0 text-text shadow-pop',
        className,
      )}
    >
      <div className="flex max-h-[inherit] flex-col">
        <header className="flex items-center justify-between gap-4 border-b border-line py-1.5 pr-2 pl-4">
          <h2 id={titleId} className="text-lg">
            {title}
          </h2>
          <IconButton label={t('close')} onClick={onClose}>
            <X size={18} aria-hidden />
          </IconButton>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
        {footer ? (
          <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-raised px-4 py-3">
            {footer}
          </footer>
        ) : null}
      </div>
    </dialog>
  );
}
