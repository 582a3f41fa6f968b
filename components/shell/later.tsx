'use client';

/** The part of the shell that a page does not need to be read: loaded right after it, in one piece. */
import { useEffect, useState } from 'react';
import { Announcer } from '../live/announcer.tsx';
import { LiveFavicon } from '../live/live-favicon.tsx';
import { fetchOptionalParts, optional } from '../ui/optional.ts';
import { Toaster } from '../ui/toaster.tsx';
import { Shortcuts } from './shortcuts.tsx';

const CommandPalette = optional(() => import('./command-palette.tsx'));
const KeyboardHelp = optional(() => import('./keyboard-help.tsx'));

export default function ShellLater({
  helpOpen,
  onHelp,
  onHelpClosed,
}: {
  helpOpen: boolean;
  onHelp: () => void;
  onHelpClosed: () => void;
}) {
  useEffect(fetchOptionalParts, []);
  const [paletteOpen, setPaletteOpen] = useState(false);
  return (
    <>
      <Announcer />
      <LiveFavicon />
      <Toaster />
      <Shortcuts onHelp={onHelp} onPalette={() => setPaletteOpen((open) => !open)} />
      {paletteOpen ? <CommandPalette onClose={() => setPaletteOpen(false)} /> : null}
      {helpOpen ? <KeyboardHelp onClose={onHelpClosed} /> : null}
    </>
  );
}
