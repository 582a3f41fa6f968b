/** A key of the keyboard, as printed on it. */
import type { ReactNode } from 'react';

export function KeyCap({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-6 min-w-6 items-center justify-center rounded-sm border border-control border-b-2 bg-raised px-1.5 font-mono text-xs text-text">
      {children}
    </kbd>
  );
}
