'use client';

/** The page `/transports`: what each transport costs, measured side by side. Only composes and starts nothing. */
import './lanes.css';
import { useTranslations } from '@/components/i18n/language.ts';
import { classNames } from '@/components/ui/class-names.ts';
import { useAddress } from '@/components/ui/list/use-address.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { BeforeStart } from './before-start.tsx';
import { parseComparison } from './comparison-query.ts';
import { ComparisonTable } from './comparison-table.tsx';
import { Controls, useIntervalWords } from './controls.tsx';
import { DistributionPanel } from './distribution-panel.tsx';
import { Explanation } from './explanation.tsx';
import { LaneCard } from './lane-card.tsx';
import { ProblemNotice } from './problem-notice.tsx';
import { RunButtons, RunStatus } from './run-bar.tsx';
import { useComparison } from './use-comparison.ts';

const NO_LANES: readonly never[] = [];
/** As many columns as lanes, where there is room for them. */
const WIDE_COLUMNS = ['', 'xl:grid-cols-1', 'xl:grid-cols-2', 'xl:grid-cols-3', 'xl:grid-cols-4'];

export function TransportsView() {
  const t = useTranslations('transports');
  const interval = useIntervalWords();
  const settings = useAddress(parseComparison);
  const { comparison, state } = useComparison(settings);
  const phase = state?.phase ?? 'idle';
  const clock = state?.clock ?? null;
  const lanes = state?.lanes ?? NO_LANES;
  const columns = settings.transports.map((transport) => ({
    transport,
    lane: lanes.find((lane) => lane.transport === transport) ?? null,
  }));
  const slowestMs = Math.max(0, ...lanes.map(({ painted }) => painted?.p95 ?? 0));

  return (
    <>
      <PageHeader
        title={t('title')}
        intro={t('intro')}
        actions={<RunButtons comparison={comparison} state={state} />}
      />
      <div className="flex flex-col gap-4">
        <Controls settings={settings} />
        <RunStatus state={state} />
        {phase === 'idle' ? <BeforeStart settings={settings} /> : null}
        <ProblemNotice state={state} settings={settings} />
        <section aria-labelledby="lanes-title">
          <h2 id="lanes-title" className="sr-only">
            {t('lanes.title')}
          </h2>
          <div
            className={classNames(
              'grid gap-3',
              columns.length > 1 && 'sm:grid-cols-2',
              WIDE_COLUMNS[columns.length],
            )}
          >
            {columns.map(({ transport, lane }) => (
              <LaneCard
                key={transport}
                transport={transport}
                how={t(`lanes.${transport}.how`, { interval: interval(settings.pollMs) })}
                lane={lane}
                comparison={comparison}
                phase={phase}
                clock={clock}
                slowestMs={slowestMs}
              />
            ))}
          </div>
        </section>
        {phase === 'idle' ? null : (
          <>
            <DistributionPanel lanes={lanes} clock={clock} pollMs={settings.pollMs} />
            <ComparisonTable columns={columns} clock={clock} />
          </>
        )}
        <Explanation pollMs={settings.pollMs} />
      </div>
    </>
  );
}
