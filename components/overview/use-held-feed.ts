'use client';

/** Binds a feed to who is at it: pointer over it or focus inside holds it, leaving lets it follow again. */
import { type FocusEvent, useCallback, useRef, useState } from 'react';
import { type HeldFeed, holdFeed } from './held-feed.ts';

export type HeldFeedBinding<T> = HeldFeed<T> & {
  /** Takes over what waits; the feed stays held. */
  readonly takeOver: () => void;
  /** For the element around the feed. */
  readonly holdProps: {
    onPointerEnter: () => void;
    onPointerLeave: () => void;
    onFocus: () => void;
    onBlur: (event: FocusEvent) => void;
  };
};

export function useHeldFeed<T>(latest: readonly T[], keyOf: (entry: T) => string): HeldFeedBinding<T> {
  const [held, setHeld] = useState<readonly T[] | null>(null);
  const pointed = useRef(false);
  const focused = useRef(false);
  const newest = useRef(latest);
  newest.current = latest;

  const hold = useCallback(() => setHeld((before) => before ?? newest.current), []);
  const follow = useCallback(() => {
    if (!pointed.current && !focused.current) setHeld(null);
  }, []);

  return {
    ...holdFeed(latest, keyOf, held),
    takeOver: useCallback(() => setHeld(newest.current), []),
    holdProps: {
      onPointerEnter: useCallback(() => {
        pointed.current = true;
        hold();
      }, [hold]),
      onPointerLeave: useCallback(() => {
        pointed.current = false;
        follow();
      }, [follow]),
      onFocus: useCallback(() => {
        focused.current = true;
        hold();
      }, [hold]),
      onBlur: useCallback(
        (event: FocusEvent) => {
          if (event.currentTarget.contains(event.relatedTarget as Node | null)) return;
          focused.current = false;
          follow();
        },
        [follow],
      ),
    },
  };
}
