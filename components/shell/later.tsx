'use client';

/** The part of the shell that a page does not need to be read: loaded right after it, in one piece. */
import { Announcer } from '../live/announcer.tsx';
import { LiveFavicon } from '../live/live-favicon.tsx';
import { Toaster } from '../ui/toaster.tsx';
import { KeyboardHelp } from './keyboard-help.tsx';
import { Shortcuts } from './shortcuts.tsx';

export default function ShellLater({
  helpOpen,
  onHelp,
  onHelpClosed,
}: {
  helpOpen: boolean;
  onHelp: () => void;
  onHelpClosed: () => void;
}) {
  return (
    <>
      <Announcer />
      <LiveFavicon />
      <Toaster />
      <Shortcuts onHelp={onHelp} />
      <KeyboardHelp open={helpOpen} onClose={onHelpClosed} />
    </>
  );
}
