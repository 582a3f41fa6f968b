'use client';

/**
 * A line of text about the element inside, on hover and on focus; Esc hides it, the pointer may move onto it.
 * Fixed to the window, so that no scrolling table clips it. The tip itself is loaded when first wanted.
 */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { optional } from './optional.ts';

const Tip = optional(() => import('./tooltip-tip.tsx'));

/** Time for the pointer to cross the gap between element and tip. */
const LINGER_MS = 120;

export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  const anchor = useRef<HTMLSpanElement>(null);
  const [shown, setShown] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const show = () => {
    clearTimeout(timer.current);
    setShown(true);
  };
  const hide = () => setShown(false);
  const hideSoon = () => {
    timer.current = setTimeout(hide, LINGER_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to what happens to the element inside.
    <span
      ref={anchor}
      className="contents"
      onPointerOver={show}
      onPointerOut={hideSoon}
      onFocus={show}
      onBlur={hide}
    >
      {children}
      {shown && text !== null ? (
        <Tip anchor={anchor} onHide={hide}>
          {text}
        </Tip>
      ) : null}
    </span>
  );
}
