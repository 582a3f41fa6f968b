'use client';

/** A state as shape, colour and word together. The one way to show a state in text. */
import { useTranslations } from '../i18n/language.ts';
import { classNames } from './class-names.ts';
import { StateShape } from './state-shape.tsx';
import type { StateKind } from './tokens.ts';

export const STATE_TEXT_CLASS: Readonly<Record<StateKind, string>> = {
  up: 'text-up-text',
  late: 'text-late-text',
  down: 'text-down-text',
  acknowledged: 'text-down-text',
  maintenance: 'text-maintenance-text',
  pending: 'text-quiet',
  left: 'text-quiet',
};

/** What a host with these facts shows: maintenance wins over acknowledged, both only while it is down. */
export function stateKindOf(host: {
  state: 'pending' | 'up' | 'late' | 'down' | 'left';
  acknowledged?: boolean;
  maintenance?: boolean;
}): StateKind {
  if (host.state !== 'down') return host.state;
  if (host.maintenance) return 'maintenance';
  return host.acknowledged ? 'acknowledged' : 'down';
}

export function StateBadge({
  kind,
  size = 'base',
  className,
}: {
  kind: StateKind;
  size?: 'sm' | 'base' | 'lg';
  className?: string;
}) {
  const t = useTranslations('common.state');
  const shapePx = size === 'lg' ? 18 : size === 'sm' ? 12 : 14;
  return (
    <span
      data-state={kind}
      className={classNames(
        'inline-flex items-center gap-1.5 whitespace-nowrap font-medium',
        size === 'lg' ? 'text-lg' : size === 'sm' ? 'text-xs' : 'text-sm',
        STATE_TEXT_CLASS[kind],
        className,
      )}
    >
      <StateShape kind={kind} size={shapePx} />
      {/* The word is what others align with, not the shape's lower edge. */}
      <span className="self-baseline">{t(kind)}</span>
    </span>
  );
}
