'use client';

/**
 * A link to another filter: a real address (copy it, open it in a tab), followed without asking the server for a
 * page when the list is on the screen already.
 */
import { usePathname } from 'next/navigation';
import type { ComponentProps } from 'react';
import { AppLink, isPlainClick } from '../app-link.tsx';
import { goTo } from './use-address.ts';

export function AddressLink({
  address,
  ...rest
}: Omit<ComponentProps<'a'>, 'href' | 'onClick'> & { address: string }) {
  const here = usePathname() === address.split('?')[0];
  return (
    <AppLink
      href={address}
      {...rest}
      onClick={(event) => {
        if (!here || !isPlainClick(event)) return;
        event.preventDefault();
        goTo(address);
      }}
    />
  );
}
