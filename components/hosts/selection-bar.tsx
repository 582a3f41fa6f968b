'use client';

/** What can be done with the selected hosts. Fetched after the page. */
import { useTranslations } from '../i18n/language.ts';
import type { AckTarget } from '../live/acknowledge/ack-batch.ts';
import type { AcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { Button } from '../ui/button.tsx';

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
    <div className="flex flex-wrap items-center gap-2">
      <span className="text-sm font-medium">{t('count', { count: selected })}</span>
      <Button
        tone="primary"
        disabled={targets.length === 0}
        onClick={() => flow.acknowledge(targets, onDone)}
      >
        {t('acknowledge', { count: targets.length })}
      </Button>
      {targets.length > 0 ? (
        <Button aria-haspopup="dialog" onClick={() => flow.ask({ kind: 'targets', targets }, onClear)}>
          {t('options')}
        </Button>
      ) : null}
      <Button tone="danger" aria-haspopup="dialog" onClick={onRemove}>
        {remove('selected', { count: selected })}
      </Button>
      <Button tone="quiet" onClick={onClear}>
        {t('clear')}
      </Button>
    </div>
  );
}
