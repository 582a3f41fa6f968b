'use client';

/** Start, stop, reset, export; and in one line what is going on. */
import { useLocale, useTranslations } from '@/components/i18n/language.ts';
import { useSingleKeys } from '@/components/live/single-keys.ts';
import { Button } from '@/components/ui/button.tsx';
import { classNames } from '@/components/ui/class-names.ts';
import { formatDuration } from '@/components/ui/duration.ts';
import { Pause, Play } from '@/components/ui/icons.tsx';
import type { Comparison, ComparisonState } from '@/lib/client/comparison/comparison-state.ts';
import { saveFile } from './save-file.ts';
import { useFigureWords } from './use-figure-words.ts';

function fileName(ending: string): string {
  const at = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return `pulsewatch-transports-${at}.${ending}`;
}

export function RunButtons({
  comparison,
  state,
}: {
  comparison: Comparison | null;
  state: ComparisonState | null;
}) {
  const t = useTranslations('transports.run');
  const phase = state?.phase ?? 'idle';
  const going = phase === 'running' || phase === 'starting';
  const started = phase !== 'idle';
  const toggle = () => (going ? comparison?.stop() : comparison?.start());
  useSingleKeys({ r: toggle });
  return (
    <>
      <Button
        tone="primary"
        onClick={toggle}
        disabled={comparison === null}
        title={t('startKey')}
        className="min-w-28"
      >
        {going ? <Pause size={15} aria-hidden /> : <Play size={15} aria-hidden />}
        {going ? t('stop') : started ? t('again') : t('start')}
      </Button>
      <Button onClick={() => comparison?.reset()} disabled={!started}>
        {t('reset')}
      </Button>
      <Button
        disabled={!started}
        aria-label={t('csvLong')}
        title={t('csvLong')}
        onClick={() => {
          if (comparison) saveFile(fileName('csv'), 'text/csv', comparison.exportCsv());
        }}
      >
        {t('csv')}
      </Button>
      <Button
        disabled={!started}
        aria-label={t('jsonLong')}
        title={t('jsonLong')}
        onClick={() => {
          if (comparison) saveFile(fileName('json'), 'application/json', comparison.exportJson());
        }}
      >
        {t('json')}
      </Button>
    </>
  );
}

export function RunStatus({ state }: { state: ComparisonState | null }) {
  const t = useTranslations('transports.run');
  const locale = useLocale();
  const figures = useFigureWords();
  const phase = state?.phase ?? 'idle';
  const clock = state?.clock ?? null;
  return (
    // Before the start the notice below says it; this one is there to announce what comes.
    <div className={classNames('flex flex-wrap items-baseline gap-x-4 text-sm', phase === 'idle' && '-mt-4')}>
      <p className="flex gap-x-1.5">
        <span role="status" data-phase={phase} className="font-medium">
          {phase === 'idle' ? null : t(phase)}
        </span>
        {state !== null && phase === 'running' ? (
          <span className="text-muted tabular-nums">
            {t('elapsed', { span: formatDuration(state.elapsedMs, locale) })}
          </span>
        ) : null}
      </p>
      {phase === 'running' || (phase === 'stopped' && clock !== null) ? (
        <p className="text-muted tabular-nums">
          {clock === null
            ? t('clockUnknown')
            : t('clock', { plusMinus: figures.plusMinus(clock.plusMinusMs) })}
        </p>
      ) : null}
    </div>
  );
}
