'use client';

/** Why a comparison does not measure although it was asked to, and the way out. */
import { useTranslations } from '@/components/i18n/language.ts';
import { Button } from '@/components/ui/button.tsx';
import { Notice } from '@/components/ui/notice.tsx';
import type { ComparisonSettings, ComparisonState } from '@/lib/client/comparison/comparison-state.ts';
import { askFor } from './controls.tsx';

const KEY = {
  'scratch-refused': 'refused',
  'scratch-unanswered': 'unanswered',
  'scratch-lost': 'lost',
} as const;

/** A fleet that has not changed for so long is worth a word. */
const QUIET_MS = 10_000;

function isQuiet({ phase, elapsedMs, settings, lanes }: ComparisonState): boolean {
  return (
    phase === 'running' &&
    settings.changesPerSecond === 0 &&
    elapsedMs >= QUIET_MS &&
    lanes.some(({ bar }) => bar === null) &&
    lanes.every(({ samples }) => samples === 0)
  );
}

export function ProblemNotice({
  state,
  settings,
}: {
  state: ComparisonState | null;
  settings: ComparisonSettings;
}) {
  const t = useTranslations('transports.problem');
  if (state === null) return null;
  const { problem } = state;
  if (problem === null) {
    return isQuiet(state) ? (
      <Notice live title={t('quietTitle')}>
        {t('quiet')}
      </Notice>
    ) : null;
  }
  const key = KEY[problem.kind];
  return (
    <Notice
      live
      tone="danger"
      title={t(`${key}Title`)}
      actions={<Button onClick={() => askFor({ ...settings, changesPerSecond: 0 })}>{t('useFleet')}</Button>}
    >
      <p>{t(key)}</p>
      <code lang="en" className="block text-xs break-words text-muted">
        {problem.detail}
      </code>
    </Notice>
  );
}
