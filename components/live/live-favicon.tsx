'use client';

/** Keeps the picture in the tab true: the count of unhandled alerts, `?` when the link is lost, `!` when the server is in doubt. */
import { useLive } from '@/lib/client/use-live.ts';
import { useDoubt } from './doubt.ts';
import { faviconOf } from './favicon.ts';
import { unhandledCount } from './unhandled.ts';

export function LiveFavicon() {
  const unhandled = useLive(unhandledCount);
  const lost = useLive((state) => state.stale);
  const blind = useDoubt();
  return <link rel="icon" type="image/svg+xml" href={faviconOf({ unhandled, lost, blind })} />;
}
