'use client';

/** What can be done with the selected alerts, and with all unhandled ones at once. Fetched after the page. */
import type { Alert } from '@/lib/protocol/alert.ts';
import { useTranslations } from '../i18n/language.ts';
import type { AckTarget } from '../live/acknowledge/ack-batch.ts';
import AcknowledgeMatching from '../live/acknowledge/acknowledge-matching.tsx';
import type { AcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { Button } from '../ui/button.tsx';
import { DockOptions, SelectionDock } from '../ui/list/selection-dock.tsx';

const UNHANDLED = { state: 'unhandled' } as const;
const targetOf = (alert: Alert): AckTarget => ({ id: alert.id, host: alert.host });

export default function SelectionBar({
  selected,
  free,
  taken,
  unhandled,
  flow,
  onClear,
}: {
  /** How many rows are selected, whatever became of them. */
  selected: number;
  /** Those among them that can be acknowledged, and those whose acknowledgement can be taken back. */
  free: readonly Alert[];
  taken: readonly Alert[];
  /** How many there are to acknowledge in all; null when the list shows no unhandled ones. */
  unhandled: number | null;
  flow: AcknowledgeFlow;
  onClear: () => void;
}) {
  const t = useTranslations('alerts');
  const targets = free.map(targetOf);
  return (
    <>
      {unhandled !== null && (selected === 0 || unhandled > free.length) ? (
        <AcknowledgeMatching
          filter={UNHANDLED}
          label={t('action.allMatching', { count: unhandled })}
          flow={flow}
          onDone={onClear}
        />
      ) : null}
      {selected > 0 ? (
        <SelectionDock
          count={t('list.selected', { count: selected })}
          clear={t('action.clear')}
          onClear={onClear}
        >
          {targets.length > 0 ? (
            <>
              <Button tone="primary" onClick={() => flow.acknowledge(targets, onClear)}>
                {t('action.selected', { count: targets.length })}
              </Button>
              <DockOptions
                label={t('action.options')}
                onClick={() => flow.ask({ kind: 'targets', targets }, onClear)}
              />
            </>
          ) : null}
          {taken.length > 0 ? (
            <Button
              onClick={() => {
                flow.takeBack(taken.map(targetOf));
                onClear();
              }}
            >
              {t('action.takeBackSelected', { count: taken.length })}
            </Button>
          ) : null}
        </SelectionDock>
      ) : null}
    </>
  );
}
