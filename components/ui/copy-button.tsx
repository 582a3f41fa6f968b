'use client';

/** Copies a text and says that it did. Falls back to the old command where the clipboard API is not there (http). */
import { useEffect, useRef, useState } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { Button, type ButtonTone } from './button.tsx';
import { Check, Copy } from './icons.tsx';

const SAY_COPIED_MS = 2000;

/** True when the text is on the clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Refused (a permission, an unfocused page): the old way may still be allowed.
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

export function CopyButton({
  text,
  label,
  tone = 'neutral',
  disabled,
}: {
  text: string;
  /** What is copied, for assistive technology; the visible word stays "Copy". */
  label?: string;
  tone?: ButtonTone;
  disabled?: boolean;
}) {
  const t = useTranslations('common.action');
  const [outcome, setOutcome] = useState<'copied' | 'failed' | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <span className="inline-flex items-center gap-2">
      <Button
        tone={tone}
        disabled={disabled}
        onClick={async () => {
          const copied = await copyText(text);
          setOutcome(copied ? 'copied' : 'failed');
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setOutcome(null), SAY_COPIED_MS * (copied ? 1 : 4));
        }}
      >
        {outcome === 'copied' ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />}
        {outcome === 'copied' ? t('copied') : t('copy')}
        {label ? <span className="sr-only"> {label}</span> : null}
      </Button>
      <span role="status" className={outcome === 'failed' ? 'text-xs text-down-text' : 'sr-only'}>
        {outcome === 'failed' ? t('copyFailed') : outcome === 'copied' ? t('copied') : ''}
      </span>
    </span>
  );
}
