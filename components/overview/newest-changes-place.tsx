'use client';

/** The panel of the newest changes, and what stands in it before they have come: so that nothing jumps. */
import type { ReactNode } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { TextLink } from '@/components/ui/button.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';

/** `waiting`: what is said of changes held back. */
export function NewestChangesPanel({ waiting, children }: { waiting?: ReactNode; children: ReactNode }) {
  const t = useTranslations('overview.changes');
  return (
    <Panel
      title={t('title')}
      actions={
        <div className="flex items-center gap-3">
          {waiting}
          <TextLink href="/hosts?sort=-changedAt" className="inline-flex min-h-6 items-center text-sm">
            {t('all')}
          </TextLink>
        </div>
      }
      className="flex min-h-0 flex-1 flex-col"
      bodyClassName="min-h-[4.5rem] flex-1"
    >
      {children}
    </Panel>
  );
}

export function ChangesSkeleton() {
  return (
    <div className="flex flex-col gap-3 p-4">
      <Skeleton className="w-5/6" />
      <Skeleton className="w-2/3" />
      <Skeleton className="w-3/4" />
    </div>
  );
}

export function NewestChangesPlace() {
  return (
    <NewestChangesPanel>
      <ChangesSkeleton />
    </NewestChangesPanel>
  );
}
