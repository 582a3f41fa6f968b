'use client';

/**
 * A link to another page of ours. The platform's own, with its keys, menus and tabs; only a plain click is followed
 * without loading the document anew. Nothing is fetched before: next/link's prefetching costs every page 4 kB.
 */
import { useRouter } from 'next/navigation';
import type { ComponentProps, MouseEvent } from 'react';

export type AppLinkProps = ComponentProps<'a'> & { readonly href: string };

/** A click the browser itself would answer by going to the address here, not in another tab. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

export function AppLink({ href, onClick, ...rest }: AppLinkProps) {
  const router = useRouter();
  return (
    <a
      href={href}
      {...rest}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || !isPlainClick(event)) return;
        event.preventDefault();
        router.push(href);
      }}
    />
  );
}
