'use client';

/**
 * For a page that threw: what happened, what is not affected, what to do. The shell around it stays alive.
 * Comes with every page, so it is made of little.
 */
import { useTranslations } from '../i18n/language.ts';
import { buttonClass } from '../ui/button.tsx';

export function PageError({ error, onRetry }: { error: Error & { digest?: string }; onRetry: () => void }) {
  const t = useTranslations('common.error');
  // In production the message of a server error is withheld; its digest finds it in the server's log.
  const details = [error.message, error.digest ? `digest ${error.digest}` : null].filter(Boolean).join('\n');
  return (
    <div
      role="alert"
      className="flex max-w-3xl flex-col gap-3 rounded-md border border-down/50 tint-down p-4"
    >
      <h1 className="text-lg">{t('title')}</h1>
      <p>{t('text')}</p>
      {details ? (
        <details>
          <summary className="min-h-6 text-sm font-medium">{t('details')}</summary>
          <pre className="mt-1 text-xs whitespace-pre-wrap">{details}</pre>
        </details>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <button type="button" className={buttonClass('primary')} onClick={onRetry}>
          {t('retry')}
        </button>
        <button type="button" className={buttonClass()} onClick={() => window.location.reload()}>
          {t('reload')}
        </button>
      </div>
    </div>
  );
}
