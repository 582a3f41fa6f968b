/** A viewer over server-sent events for the load generator: ours, or the bare control. */
import { headOfJson } from './frame-head.ts';
import { BARE_SSE_PATH } from './live-bare.ts';
import { assertSameHead, type LiveViewer, type ViewerParts, ViewerProgress } from './viewer-progress.ts';
import { browserHeaders, ViewerSocket } from './viewer-socket.ts';

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';
const EVENT_END = '\n\n';
const DATA = Buffer.from('data:');

export class SseViewer implements LiveViewer {
  readonly progress: ViewerProgress;
  readonly #socket: ViewerSocket;
  #begun = false;
  /** The beginning of an event whose end is in a later chunk. */
  #event: Buffer | null = null;

  constructor(parts: ViewerParts, bare: boolean) {
    this.progress = new ViewerProgress(parts);
    this.#socket = new ViewerSocket({ ...parts, onBytes: (bytes) => this.#take(bytes) });
    const path = bare ? BARE_SSE_PATH : '/rt/sse';
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${browserHeaders(parts.port)}\r\n`);
  }

  stopReading(): void {
    this.#socket.stopReading();
  }

  end(): void {
    this.#socket.end();
  }

  /** The head of the response, then HTTP chunks. */
  #take(bytes: Buffer): number {
    let at = 0;
    if (!this.#begun) {
      const end = bytes.indexOf(HEAD_END);
      if (end === -1) return 0;
      const head = bytes.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200 ') || !/transfer-encoding: chunked/i.test(head)) {
        throw new Error(`not a stream of events: ${head}`);
      }
      this.#begun = true;
      at = end + HEAD_END.length;
    }
    for (;;) {
      const sizeEnd = bytes.indexOf(LINE_END, at);
      if (sizeEnd === -1) return at;
      const size = Number.parseInt(bytes.toString('latin1', at, sizeEnd), 16);
      const from = sizeEnd + LINE_END.length;
      if (from + size + LINE_END.length > bytes.length) return at;
      this.#chunk(bytes.subarray(from, from + size));
      at = from + size + LINE_END.length;
    }
  }

  #chunk(chunk: Buffer): void {
    const text = this.#event === null ? chunk : Buffer.concat([this.#event, chunk]);
    let at = 0;
    for (;;) {
      const end = text.indexOf(EVENT_END, at);
      if (end === -1) break;
      this.#take1(text.subarray(at, end));
      at = end + EVENT_END.length;
    }
    this.#event = at === text.length ? null : Buffer.from(text.subarray(at));
  }

  #take1(event: Buffer): void {
    const dataAt = event.indexOf(DATA);
    if (dataAt === -1) return;
    const head = headOfJson(event);
    if (head === null) throw new Error(`an event without a frame: ${event.toString('utf8', 0, 200)}`);
    const { view } = this.progress;
    if (view !== null) {
      assertSameHead(head, view.take(JSON.parse(event.toString('utf8', dataAt + DATA.length))));
    }
    this.progress.took(head);
  }
}
