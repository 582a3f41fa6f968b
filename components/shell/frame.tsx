'use client';

/** The live view and the shell around every page but the sign-in page, which nobody has to be let in for. */
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { AppLive } from '../live/app-live.tsx';
import { Shell } from './shell.tsx';

export function Frame({ children }: { children: ReactNode }) {
  if (usePathname() === '/login') return children;
  return (
    <AppLive>
      <Shell>{children}</Shell>
    </AppLive>
  );
}
