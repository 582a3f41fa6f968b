'use client';

/**
 * Moves the real focus from row to row, so that whoever listens hears what whoever looks sees. Each row marks
 * the element that takes the focus with `data-row-focus={id}`.
 */
import { type RefObject, useCallback } from 'react';

export type RowFocus = {
  /** Id of the row with the focus inside, or null. */
  current(): string | null;
  /** One row down (1) or up (-1); from outside to the first or the last. */
  move(step: 1 | -1): void;
};

const stops = (list: HTMLElement | null): HTMLElement[] => [
  ...(list?.querySelectorAll<HTMLElement>('[data-row-focus]') ?? []),
];

export function useRowFocus(list: RefObject<HTMLElement | null>): RowFocus {
  const indexOf = useCallback((rows: readonly HTMLElement[]) => {
    const row = document.activeElement?.closest('[data-row]');
    return row ? rows.findIndex((stop) => row.contains(stop)) : -1;
  }, []);
  return {
    current: () => {
      const rows = stops(list.current);
      return rows[indexOf(rows)]?.dataset.rowFocus ?? null;
    },
    move: (step) => {
      const rows = stops(list.current);
      const index = indexOf(rows);
      const next = index < 0 ? (step === 1 ? 0 : rows.length - 1) : index + step;
      const target = rows[Math.min(Math.max(next, 0), rows.length - 1)];
      target?.focus();
      target?.scrollIntoView({ block: 'nearest' });
    },
  };
}
