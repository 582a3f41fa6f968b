'use client';

/** Every figure of every lane: a row a measure, a column a lane. Hidden where the cards carry the figures. */
import { useTranslations } from '@/components/i18n/language.ts';
import { Panel } from '@/components/ui/panel.tsx';
import type { ClockReading, Lane } from '@/lib/client/comparison/comparison-state.ts';
import type { Transport } from '@/lib/client/ladder.ts';
import { laneColour } from './lane-looks.ts';
import { LaneMark } from './lane-mark.tsx';
import { barShare, MEASURE_GROUPS, MEASURES, type Measure } from './measures.ts';
import { Nothing } from './nothing.tsx';
import { useFigureWords } from './use-figure-words.ts';

export type Column = { readonly transport: Transport; readonly lane: Lane | null };

function MeasureRow({
  measure,
  columns,
  clock,
}: {
  measure: Measure;
  columns: readonly Column[];
  clock: ClockReading | null;
}) {
  const t = useTranslations('transports.table');
  const figures = useFigureWords();
  const values = columns.map(({ lane }) => (lane === null ? null : measure.value(lane)));
  return (
    <tr data-measure={measure.key} className="border-t border-line">
      <th scope="row" className="py-1 pr-4 text-left font-normal whitespace-nowrap">
        {t(`${measure.key}.name`)}
        <span className="ml-2 text-xs text-muted max-lg:hidden">{t(`${measure.key}.hint`)}</span>
      </th>
      {columns.map(({ transport }, index) => {
        const value = values[index] ?? null;
        const share = measure.bar ? barShare(value, values) : null;
        return (
          <td key={transport} data-lane={transport} className="py-1 pl-4 text-right whitespace-nowrap">
            {value === null ? <Nothing words={t('none')} /> : measure.words(value, figures, clock)}
            {measure.bar ? (
              <span aria-hidden className="mt-0.5 flex h-0.75 justify-end">
                {share === null ? null : (
                  <span
                    className="rounded-full"
                    style={{
                      width: `max(1px, ${100 * share}%)`,
                      background: laneColour(transport),
                    }}
                  />
                )}
              </span>
            ) : null}
          </td>
        );
      })}
    </tr>
  );
}

export function ComparisonTable({
  columns,
  clock,
}: {
  columns: readonly Column[];
  clock: ClockReading | null;
}) {
  const t = useTranslations('transports.table');
  const transportWord = useTranslations('live.transport');
  const figures = useFigureWords();
  return (
    <Panel
      title={t('title')}
      hint={t('hint')}
      className="max-md:hidden"
      bodyClassName="overflow-x-auto px-4 pb-2"
    >
      <table data-testid="comparison-table" className="w-full table-fixed text-sm tabular-nums">
        <colgroup>
          <col className="w-[34%] max-lg:w-[24%]" />
          {columns.map(({ transport }) => (
            <col key={transport} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th scope="col" className="py-2 text-left text-xs font-medium text-muted">
              {t('measure')}
            </th>
            {columns.map(({ transport }) => (
              <th key={transport} scope="col" className="py-2 pl-4 font-semibold">
                <span className="flex items-center justify-end gap-2">
                  <LaneMark transport={transport} />
                  {transportWord(transport)}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        {MEASURE_GROUPS.map((group) => (
          <tbody key={group}>
            <tr>
              <th
                scope="rowgroup"
                colSpan={columns.length + 1}
                className="border-t border-line bg-raised px-2 py-1 text-left text-xs font-medium text-muted"
              >
                {t(`groups.${group}`)}
                {clock !== null && (group === 'applied' || group === 'painted') ? (
                  <span className="ml-2 font-normal">{figures.plusMinus(clock.plusMinusMs)}</span>
                ) : null}
              </th>
            </tr>
            {MEASURES.filter((measure) => measure.group === group).map((measure) => (
              <MeasureRow key={measure.key} measure={measure} columns={columns} clock={clock} />
            ))}
          </tbody>
        ))}
      </table>
    </Panel>
  );
}
