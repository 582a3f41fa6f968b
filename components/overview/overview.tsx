'use client';

/** The page `/`: what is wrong, in the order one asks. Only composes; each part reads the live view itself. */
import { useTranslations } from '@/components/i18n/language.ts';
import { useSettled } from '@/components/live/settled.ts';
import { LinkButton } from '@/components/ui/button.tsx';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { optional } from '@/components/ui/optional.ts';
import { useLive } from '@/lib/client/use-live.ts';
import { Charts } from './charts.tsx';
import { FleetSentence, Freshness } from './fleet-sentence.tsx';
import { HostMap } from './host-map.tsx';
import { NewestAlerts } from './newest-alerts.tsx';
import { NewestChangesPlace } from './newest-changes-place.tsx';
import { OpenTheWorst } from './open-the-worst.tsx';
import { StateCounters } from './state-counters.tsx';

/** Fetched when the page stands and is live: what is wrong now comes before what has changed. */
const NewestChanges = optional(() => import('./newest-changes.tsx'), <NewestChangesPlace />);

function FirstSteps() {
  const t = useTranslations('overview.empty');
  return (
    <EmptyState
      title={t('title')}
      actions={
        <LinkButton href="/add" tone="primary">
          {t('action')}
        </LinkButton>
      }
    >
      <p>{t('text')}</p>
    </EmptyState>
  );
}

export function Overview() {
  const settled = useSettled();
  const empty = useLive((state) => state.counts?.total === 0);
  return (
    <div className="flex flex-col gap-4">
      <header className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <div className="flex min-h-11 flex-wrap items-baseline gap-x-3 gap-y-0.5">
          <FleetSentence />
          <Freshness />
        </div>
        <OpenTheWorst />
      </header>
      {empty ? (
        <FirstSteps />
      ) : (
        <>
          <StateCounters />
          <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(20rem,26rem)] lg:grid-rows-[1fr_auto]">
            <HostMap />
            <div className="flex min-w-0 flex-col gap-4 lg:row-span-2">
              <NewestAlerts />
              {settled ? <NewestChanges /> : <NewestChangesPlace />}
            </div>
            <Charts />
          </div>
        </>
      )}
    </div>
  );
}
