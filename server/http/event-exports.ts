/**
 * Streams the history as a file: a page at a time is read from the store, and only when the client has taken the one
 * before. Bounded in events, and in how many run at once, so that exports never crowd out what else the store has
 * to do. Main thread; about a page of memory each.
 */
import type { EventQuery, EventResult, Store } from '../store/store.ts';
import { CSV_HEADER, csvLine } from './event-csv.ts';
import { ProblemError } from './problem.ts';

const CSV_TYPE = 'text/csv; charset=utf-8';
export const MAX_CSV_EVENTS = 1_000_000;
const MAX_EXPORTS = 4;
const PAGE = 2_000;
const RETRY_AFTER_S = 10;

type Span = Pick<EventQuery, 'hostId' | 'fromMs' | 'toMs'>;

export type ExportRequest = {
  readonly span: Span;
  /** A name or id that was found to be of that form; it becomes part of the file's name. null: of the fleet. */
  readonly host: string | null;
  /** Answers with the headers alone. */
  readonly headOnly: boolean;
  /** Breaks the connection, so that half a file is not taken for a whole one. */
  readonly cutOff: () => void;
};

export class EventExports {
  readonly #store: Pick<Store, 'events'>;
  readonly #onError: (error: Error) => void;
  readonly #maxEvents: number;
  #running = 0;

  constructor(
    store: Pick<Store, 'events'>,
    onError: (error: Error) => void,
    maxEvents: number = MAX_CSV_EVENTS,
  ) {
    this.#store = store;
    this.#onError = onError;
    this.#maxEvents = maxEvents;
  }

  /** Rejects when not even the first page can be read. */
  async open({ span, host, headOnly, cutOff }: ExportRequest): Promise<Response> {
    const file = host === null ? 'pulsewatch-events.csv' : `pulsewatch-events-${host}.csv`;
    const headers = { 'content-type': CSV_TYPE, 'content-disposition': `attachment; filename="${file}"` };
    if (headOnly) return new Response(null, { headers });
    if (this.#running === MAX_EXPORTS) {
      const detail = `${MAX_EXPORTS} exports are under way; one more has to wait for the end of one of them`;
      throw new ProblemError('too_many_exports', detail, { 'retry-after': String(RETRY_AFTER_S) });
    }
    this.#running++;
    try {
      const first = await this.#store.events({ ...span, limit: PAGE });
      return new Response(this.#stream(span, first, cutOff), { headers });
    } catch (error) {
      this.#running--;
      throw error;
    }
  }

  #stream(span: Span, first: EventResult, cutOff: () => void): ReadableStream<Uint8Array> {
    let open = true;
    const end = (): void => {
      if (open) this.#running--;
      open = false;
    };
    const encoder = new TextEncoder();
    let head = CSV_HEADER;
    let page: EventResult | null = first;
    let before: number | undefined;
    let room = this.#maxEvents;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      page ??= await this.#store.events({ ...span, limit: Math.min(PAGE, room), before });
      const { events, next } = page;
      page = null;
      // The client may have gone while the page was read.
      if (!open) return;
      room -= events.length;
      before = next ?? undefined;
      controller.enqueue(encoder.encode(head + events.map(csvLine).join('')));
      head = '';
      if (next !== null && room > 0) return;
      end();
      controller.close();
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) =>
          pull(controller).catch((error: Error) => {
            if (!open) return;
            end();
            this.#onError(error);
            cutOff();
          }),
        cancel: end,
      },
      // Nothing is read ahead of the client.
      { highWaterMark: 0 },
    );
  }
}
