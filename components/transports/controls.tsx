'use client';

/** What the comparison is asked for. Every act is a step in the history; the address is the only copy. */
import { memo, useState } from 'react';
import { useFormatter, useTranslations } from '@/components/i18n/language.ts';
import { Field, Select } from '@/components/ui/field.tsx';
import { goTo } from '@/components/ui/list/use-address.ts';
import { Panel } from '@/components/ui/panel.tsx';
import { SegmentedControl } from '@/components/ui/segmented-control.tsx';
import type { ComparisonSettings } from '@/lib/client/comparison/comparison-state.ts';
import { TRANSPORTS, type Transport } from '@/lib/client/ladder.ts';
import { choicesOf, comparisonAddress, type NumberSetting } from './comparison-query.ts';
import { LaneMark } from './lane-mark.tsx';

export function askFor(settings: ComparisonSettings): void {
  goTo(comparisonAddress(settings, window.location.search));
}

type Change = (settings: ComparisonSettings) => void;

function LaneChoice({ settings, change }: { settings: ComparisonSettings; change: Change }) {
  const t = useTranslations('transports.controls');
  const transportWord = useTranslations('live.transport');
  const chosen = settings.transports;
  const toggle = (transport: Transport, on: boolean) =>
    change({
      ...settings,
      transports: TRANSPORTS.filter((one) => (one === transport ? on : chosen.includes(one))),
    });
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-sm font-medium">{t('lanes')}</legend>
      <div className="flex flex-wrap gap-x-4">
        {TRANSPORTS.map((transport) => {
          const on = chosen.includes(transport);
          return (
            <label
              key={transport}
              className="inline-flex min-h-(--control-h) items-center gap-1.5 text-sm whitespace-nowrap"
            >
              <input
                type="checkbox"
                checked={on}
                // A comparison of nothing is none: the last one stays.
                disabled={on && chosen.length === 1}
                onChange={(event) => toggle(transport, event.target.checked)}
                className="choice disabled:opacity-60"
              />
              <LaneMark transport={transport} />
              {transportWord(transport)}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function NumberChoice({
  setting,
  label,
  settings,
  words,
  change,
  disabled,
}: {
  setting: NumberSetting;
  label: string;
  settings: ComparisonSettings;
  words: (value: number) => string;
  change: Change;
  disabled?: boolean;
}) {
  return (
    <Field label={label} className="w-36 max-sm:w-[calc(50%-0.75rem)]">
      {(control) => (
        <Select
          {...control}
          value={settings[setting]}
          disabled={disabled}
          onChange={(event) => change({ ...settings, [setting]: Number(event.target.value) })}
        >
          {choicesOf(setting, settings[setting]).map((value) => (
            <option key={value} value={value}>
              {words(value)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** "250 ms", "2 s": as people set intervals. */
export function useIntervalWords(): (spanMs: number) => string {
  const format = useFormatter();
  return (spanMs) =>
    format.number(spanMs < 1000 ? spanMs : spanMs / 1000, {
      style: 'unit',
      unit: spanMs < 1000 ? 'millisecond' : 'second',
      unitDisplay: 'short',
      maximumFractionDigits: 2,
    });
}

/** Knows no figures: the page around it is drawn four times a second. */
export const Controls = memo(function Controls({ settings: asked }: { settings: ComparisonSettings }) {
  // What was just chosen is shown at once; the address follows in its own time, and has the last word.
  const [{ from, settings }, setShown] = useState({ from: asked, settings: asked });
  if (from !== asked) setShown({ from: asked, settings: asked });
  const change = (next: ComparisonSettings) => {
    setShown({ from, settings: next });
    askFor(next);
  };
  const t = useTranslations('transports.controls');
  const format = useFormatter();
  const interval = useIntervalWords();
  return (
    <Panel title={t('title')} bodyClassName="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <LaneChoice settings={settings} change={change} />
        <SegmentedControl
          legend={t('rate')}
          hideLegend={false}
          choices={choicesOf('changesPerSecond', settings.changesPerSecond).map((rate) => ({
            value: String(rate),
            label: rate === 0 ? t('fleet') : format.number(rate),
          }))}
          value={String(settings.changesPerSecond)}
          onChange={(rate) => change({ ...settings, changesPerSecond: Number(rate) })}
        />
        <NumberChoice
          setting="pollMs"
          label={t('poll')}
          settings={settings}
          change={change}
          words={interval}
          disabled={!settings.transports.includes('polling')}
        />
        <NumberChoice
          setting="delayMs"
          label={t('delay')}
          settings={settings}
          change={change}
          words={(value) => (value === 0 ? t('none') : interval(value))}
        />
        <NumberChoice
          setting="cutEveryS"
          label={t('cuts')}
          settings={settings}
          change={change}
          words={(value) => (value === 0 ? t('never') : interval(value * 1000))}
        />
      </div>
      <p className="text-xs text-muted">
        {settings.changesPerSecond === 0 ? t('fleetHint') : t('scratchHint')} {t('trouble')}
      </p>
    </Panel>
  );
});
