'use client';

/** The tip of a Tooltip: placed under its element (above where there is no room), inside the window. */
import { type ReactNode, type RefObject, useEffect, useId, useLayoutEffect, useRef } from 'react';
import { createPortal } from 'react-dom';

const GAP_PX = 6;
const EDGE_PX = 8;

export default function Tip({
  anchor,
  onHide,
  children,
}: {
  /** Its first child is what the tip is about. */
  anchor: RefObject<HTMLElement | null>;
  onHide: () => void;
  children: ReactNode;
}) {
  const tip = useRef<HTMLSpanElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    const rect = anchor.current?.firstElementChild?.getBoundingClientRect();
    const element = tip.current;
    if (!rect || !element) return;
    const { offsetWidth, offsetHeight } = element;
    const left = rect.left + rect.width / 2 - offsetWidth / 2;
    const below = rect.bottom + GAP_PX;
    const fits = below + offsetHeight + EDGE_PX <= window.innerHeight;
    element.style.left = `${Math.max(EDGE_PX, Math.min(window.innerWidth - EDGE_PX - offsetWidth, left))}px`;
    element.style.top = `${fits ? below : rect.top - GAP_PX - offsetHeight}px`;
  });

  useEffect(() => {
    const described = anchor.current?.firstElementChild;
    described?.setAttribute('aria-describedby', id);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onHide();
    };
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('scroll', onHide, { capture: true, passive: true });
    return () => {
      described?.removeAttribute('aria-describedby');
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('scroll', onHide, { capture: true });
    };
  });

  return createPortal(
    <span
      ref={tip}
      id={id}
      role="tooltip"
      className="fixed top-0 left-0 z-50 w-max max-w-[min(22rem,calc(100vw-1rem))] rounded-md border border-control bg-raised px-2 py-1 text-xs text-text shadow-pop"
    >
      {children}
    </span>,
    document.body,
  );
}
