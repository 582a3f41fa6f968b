'use client';

/**
 * "5 updates waiting": takes them over and leaves the focus at a place that stays. It comes and goes by itself, so
 * nothing moves for it: at the end of its row, and floating where a row has no room left.
 */
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
    <Button
      tone="primary"
      title={hint}
      onClick={onTake}
      data-testid="updates-waiting"
      className="max-lg:fixed max-lg:top-14 max-lg:left-1/2 max-lg:z-20 max-lg:-translate-x-1/2 max-lg:shadow-pop lg:order-last lg:ml-auto"
    >
      <ArrowUp size={15} aria-hidden />
      {text}
    </Button>
  );
}
