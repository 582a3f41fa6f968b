'use client';

/**
 * A link to another filter: a real address (copy it, open it in a tab), followed without asking the server for a
 * page when the list is on the screen already.
 */
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ComponentProps } from 'react';
import { goTo } from './use-address.ts';

export function AddressLink({
  address,
  ...rest
}: Omit<ComponentProps<'a'>, 'href' | 'onClick'> & { address: string }) {
  const here = usePathname() === address.split('?')[0];
  return (
    <Link
      href={address}
      prefetch={false}
      {...rest}
      onClick={(event) => {
        const plain =
          event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
        if (!here || !plain) return;
        event.preventDefault();
        goTo(address);
      }}
    />
  );
}
