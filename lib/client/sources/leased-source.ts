/** A source that streams, and therefore opens with a lease only (stream-lease.ts) and gives it back at its end. */
import { MAX_STREAMS } from '../ladder.ts';
import type { OpenSource } from '../source.ts';
import { type Release, StreamLease } from '../stream-lease.ts';
import { openLongPoll } from './long-poll.ts';
import { openSse } from './sse.ts';

export function leasedSource(lease: StreamLease, open: OpenSource): OpenSource {
  return (options) => {
    const { sink } = options;
    let source: ReturnType<OpenSource> | null = null;
    let release: Release | null = null;
    let ended = false;
    const end = (): void => {
      ended = true;
      release?.();
    };
    const begin = async (): Promise<void> => {
      release = await lease.take();
      if (ended) return release?.();
      if (release === null) {
        const detail = `other tabs hold the ${MAX_STREAMS} streaming connections of this browser`;
        return sink.closed({ kind: 'no-lease', detail });
      }
      const closed: typeof sink.closed = (reason) => {
        end();
        sink.closed(reason);
      };
      source = open({ ...options, sink: { ...sink, closed } });
    };
    void begin();
    return {
      ack: (s) => source?.ack(s),
      stop() {
        end();
        source?.stop();
      },
    };
  };
}

/** The streaming transports of one page, with one lease between them. */
export function streamingSources(lease: StreamLease = new StreamLease()) {
  return { sse: leasedSource(lease, openSse), 'long-polling': leasedSource(lease, openLongPoll) };
}
