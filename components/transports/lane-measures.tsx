'use client';

/** A lane's costs inside its card, where the screen is too narrow for the table. */
import { Fragment } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import type { ClockReading, Lane } from '@/lib/client/comparison/comparison-state.ts';
import { MEASURES, type MeasureGroup } from './measures.ts';
import { useFigureWords } from './use-figure-words.ts';

/** The latencies stand above them already. */
const GROUPS: readonly MeasureGroup[] = ['traffic', 'repair'];

export function LaneMeasures({ lane, clock }: { lane: Lane; clock: ClockReading | null }) {
  const t = useTranslations('transports.table');
  const figures = useFigureWords();
  return (
    <details className="border-t border-line pt-1.5 text-sm md:hidden">
      <summary className="min-h-6 w-fit rounded-sm text-muted hover:text-text">{t('more')}</summary>
      <dl className="mt-1.5 grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5">
        {MEASURES.filter(({ group, key }) => GROUPS.includes(group) && key !== 'samples').map((measure) => {
          const value = measure.value(lane);
          return (
            <Fragment key={measure.key}>
              <dt className="text-muted">{t(`${measure.key}.name`)}</dt>
              <dd className="text-right tabular-nums">
                {value === null ? '–' : measure.words(value, figures, clock)}
              </dd>
            </Fragment>
          );
        })}
      </dl>
    </details>
  );
}
