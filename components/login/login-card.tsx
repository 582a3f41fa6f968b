'use client';

/** What every face of the sign-in page has in common: the mark, one heading, one column a phone has room for. */
import type { ReactNode } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { BrandMark } from '../ui/brand-mark.tsx';

export function LoginCard({ title, children }: { title: ReactNode; children: ReactNode }) {
  const t = useTranslations('common');
  return (
    <main className="mx-auto flex w-full max-w-md flex-col gap-4 px-4 py-8 sm:py-16">
      <p className="flex items-center gap-2 font-semibold">
        <BrandMark />
        {t('appName')}
      </p>
      <div className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 sm:p-6">
        <h1 className="text-xl">{title}</h1>
        {children}
      </div>
    </main>
  );
}
