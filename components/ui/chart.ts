'use client';

/** What charts have in common: the colours of axes, and the width of their place. */
import { useEffect, useState } from 'react';

export const AXIS = {
  stroke: 'var(--color-control)',
  tick: { fill: 'var(--color-muted)', fontSize: 12 },
} as const;

/** Of the element the first part is the `ref` of, px; 0 until it is known. A chart that measures itself draws once without a size. */
export function useWidth(): readonly [(element: HTMLDivElement | null) => void, number] {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}
