/**
 * The real sources as tests in Node use them: no lease, which Node would share out among all viewers of the
 * process as a browser does among its tabs. Knows no view.
 */
import type { OpenSources } from '#lib/client/source.ts';
import { streamingSources } from '#lib/client/sources/leased-source.ts';
import { openPoll } from '#lib/client/sources/poll.ts';
import { openSocketIo } from '#lib/client/sources/socketio.ts';
import { StreamLease } from '#lib/client/stream-lease.ts';

/** For one viewer. `pollMs`: more often than a browser, so that tests are short. */
export function testSources(pollMs?: number): OpenSources {
  return {
    ...streamingSources(new StreamLease(null)),
    socketio: openSocketIo,
    polling: (options) => openPoll(options, pollMs),
  };
}
