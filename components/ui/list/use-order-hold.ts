'use client';

/** Binds a held order to a list on the page: what holds it is the pointer, the focus, a selection, or a pause. */
import { type FocusEvent, type PointerEvent, type RefObject, useCallback, useEffect, useState } from 'react';
import { holdOrder } from './order-hold.ts';

export type OrderHold = {
  readonly shown: readonly string[];
  readonly waiting: number;
  /** Takes the newest order over, whoever is there. */
  release(): void;
  /** For the element around the rows. */
  readonly props: {
    onPointerEnter(event: PointerEvent): void;
    onPointerLeave(): void;
    onFocus(): void;
    onBlur(event: FocusEvent): void;
  };
};

/** `list`: the element with the props. `listKey` names what is listed: another one starts afresh. `held`: by the page's own reasons. */
export function useOrderHold(
  list: RefObject<HTMLElement | null>,
  latest: readonly string[],
  listKey: string,
  held: boolean,
): OrderHold {
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const [kept, setKept] = useState({ listKey, shown: latest });

  const next =
    kept.listKey === listKey
      ? holdOrder(kept.shown, latest, held || pointed || focused)
      : { shown: latest, waiting: 0 };
  if (next.shown !== kept.shown || kept.listKey !== listKey) setKept({ listKey, shown: next.shown });

  // An element that is taken away takes the focus with it, and no blur tells of it.
  useEffect(() => {
    if (focused && !list.current?.contains(document.activeElement)) setFocused(false);
  });

  const release = useCallback(() => setKept({ listKey, shown: latest }), [listKey, latest]);
  return {
    shown: next.shown,
    waiting: next.waiting,
    release,
    props: {
      // A finger leaves no pointer behind; a mouse that rests on the list does.
      onPointerEnter: (event) => setPointed(event.pointerType === 'mouse'),
      onPointerLeave: () => setPointed(false),
      onFocus: () => setFocused(true),
      onBlur: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
      },
    },
  };
}
