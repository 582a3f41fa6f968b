'use client';

/** For an address that leads nowhere. */
import { useTranslations } from '../i18n/language.ts';
import { LinkButton } from '../ui/button.tsx';
import { PageHeader } from '../ui/page-header.tsx';

export function NotFoundMessage() {
  const t = useTranslations('common.notFound');
  return (
    <>
      <PageHeader title={t('title')} intro={t('text')} />
      <div className="flex flex-wrap gap-2">
        <LinkButton href="/" tone="primary">
          {t('home')}
        </LinkButton>
        <LinkButton href="/hosts">{t('hosts')}</LinkButton>
      </div>
    </>
  );
}
