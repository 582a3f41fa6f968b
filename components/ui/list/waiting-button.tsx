'use client';

/** "5 updates waiting": takes them over and leaves the focus at a place that stays. Announces the first only. */
import { Button } from '../button.tsx';
import { ArrowUp } from '../icons.tsx';

export function WaitingButton({
  waiting,
  text,
  hint,
  onTake,
}: {
  waiting: number;
  text: string;
  hint: string;
  onTake: () => void;
}) {
  if (waiting === 0) return null;
  return (
    <Button tone="primary" title={hint} onClick={onTake} data-testid="updates-waiting">
      <ArrowUp size={15} aria-hidden />
      {text}
    </Button>
  );
}
