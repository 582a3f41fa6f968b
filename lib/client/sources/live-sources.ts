/** Every transport as one view uses it: polling at once, the others loaded on first use, one lease for the streams. */
import type { OpenSources } from '../source.ts';
import { lazySource } from './lazy-source.ts';
import { openPoll } from './poll.ts';

export function liveSources(): OpenSources {
  let streams: Promise<Pick<OpenSources, 'sse' | 'long-polling'>> | null = null;
  const streaming = async (transport: 'sse' | 'long-polling') => {
    streams ??= import('./leased-source.ts').then(({ streamingSources }) => streamingSources());
    // What could not be loaded is loaded again next time.
    streams.catch(() => {
      streams = null;
    });
    return (await streams)[transport];
  };
  return {
    socketio: lazySource('Socket.IO', async () => (await import('./socketio.ts')).openSocketIo),
    sse: lazySource('SSE', () => streaming('sse')),
    'long-polling': lazySource('long polling', () => streaming('long-polling')),
    polling: openPoll,
  };
}
