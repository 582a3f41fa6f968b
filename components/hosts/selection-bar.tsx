'use client';

/** What can be done with the selected hosts. Fetched after the page. */
import { useTranslations } from '../i18n/language.ts';
import type { AckTarget } from '../live/acknowledge/ack-batch.ts';
import type { AcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { Button } from '../ui/button.tsx';
import { DockOptions, SelectionDock } from '../ui/list/selection-dock.tsx';

export default function SelectionBar({
  selected,
  targets,
  flow,
  onRemove,
  onDone,
  onClear,
}: {
  selected: number;
  /** Those among them that can be acknowledged. */
  targets: readonly AckTarget[];
  flow: AcknowledgeFlow;
  onRemove: () => void;
  /** After an act that leaves the bar's buttons to go with the selection. */
  onDone: () => void;
  onClear: () => void;
}) {
  const t = useTranslations('hosts.selection');
  const remove = useTranslations('hosts.remove');
  return (
    <SelectionDock count={t('count', { count: selected })} clear={t('clear')} onClear={onClear}>
      {targets.length > 0 ? (
        <>
          <Button tone="primary" onClick={() => flow.acknowledge(targets, onDone)}>
            {t('acknowledge', { count: targets.length })}
          </Button>
          <DockOptions label={t('options')} onClick={() => flow.ask({ kind: 'targets', targets }, onClear)} />
        </>
      ) : null}
      <Button tone="danger" aria-haspopup="dialog" onClick={onRemove}>
        {remove('selected', { count: selected })}
      </Button>
    </SelectionDock>
  );
}
