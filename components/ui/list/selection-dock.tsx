/**
 * The place of what can be done with selected rows: in the row above the list, and where that has no room at the
 * lower edge of the window, so that the list does not move away from under the finger that selects.
 */
import type { ReactNode } from 'react';
import { Button, IconButton } from '../button.tsx';
import { Ellipsis, X } from '../icons.tsx';

export function SelectionDock({
  count,
  clear,
  onClear,
  children,
}: {
  /** How many rows are selected, in words. */
  count: string;
  /** The name of the button that gives the selection up. */
  clear: string;
  onClear: () => void;
  children: ReactNode;
}) {
  return (
    <div
      data-selection-dock
      className="flex flex-wrap items-center gap-2 max-lg:fixed max-lg:inset-x-0 max-lg:bottom-[calc(var(--bottom-bar-h)+env(safe-area-inset-bottom))] max-lg:z-20 max-lg:border-t max-lg:border-line max-lg:bg-raised max-lg:px-4 max-lg:py-2"
    >
      <span className="text-sm font-medium max-lg:flex-1">{count}</span>
      <IconButton label={clear} onClick={onClear} className="lg:order-last">
        <X size={16} aria-hidden />
      </IconButton>
      <div className="flex flex-wrap gap-2 max-lg:w-full">{children}</div>
    </div>
  );
}

/** Asks more before it acts: in words where there is room for them, three dots otherwise. */
export function DockOptions({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button aria-haspopup="dialog" onClick={onClick} className="max-lg:w-(--control-h) max-lg:px-0">
      <Ellipsis size={16} aria-hidden className="lg:hidden" />
      <span className="max-lg:sr-only">{label}</span>
    </Button>
  );
}
