/**
 * Live frames by server-sent events: one response that goes on, one JSON frame an event. By fetch and not by
 * EventSource, which hides status, problem and Retry-After, and reconnects by itself. Loaded on first use.
 */
import { createParser } from 'eventsource-parser';
import type { Source, SourceOptions } from '../source.ts';
import { failure, liveAddress, refusal, requestsOf } from './live-request.ts';

const NAME = 'SSE';
/** Characters of one event: a snapshot of 2^24 slots in base64 and room to spare. */
const MAX_EVENT_CHARACTERS = 2 ** 25;

/** Not JSON: handed on as it is, to be counted as a bad frame. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

export function openSse(options: SourceOptions): Source {
  const { sink } = options;
  const { signal, stop, close } = requestsOf(sink);

  async function run(): Promise<void> {
    const ask = options.fetch ?? fetch;
    const headers = { accept: 'text/event-stream' };
    const response = await ask(liveAddress(options, '/rt/sse'), { cache: 'no-store', headers, signal });
    if (!response.ok) return close(await refusal(NAME, response));
    if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      return close({ kind: 'refused', detail: `${NAME}: the answer is not a stream of events` });
    }
    sink.opened();
    const parser = createParser({
      onEvent: ({ event = 'message', data }) => {
        if (!signal.aborted && event === 'message') sink.frame(parsed(data));
      },
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') {
          close({
            kind: 'refused',
            detail: `${NAME}: an event of more than ${MAX_EVENT_CHARACTERS} characters`,
          });
        }
      },
      maxBufferSize: MAX_EVENT_CHARACTERS,
    });
    const text = new TextDecoder();
    const reader = response.body.getReader();
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return close({ kind: 'lost', detail: `${NAME}: the stream ended` });
      if (!signal.aborted) parser.feed(text.decode(value, { stream: true }));
    }
  }

  run().catch((error: unknown) => close(failure(NAME, error)));
  return {
    // The server reads from the socket how far this viewer is.
    ack() {},
    stop,
  };
}
