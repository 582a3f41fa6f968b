/** A viewer that asks for each answer, over one keep-alive connection, for the load generator: long polling, polling. */
import type { JsonFrame } from '#lib/protocol/frames.ts';
import type { LiveViewer, ViewerParts } from './viewer-progress.ts';
import { ViewerProgress } from './viewer-progress.ts';
import { browserHeaders, ViewerSocket } from './viewer-socket.ts';

const HEAD_END = '\r\n\r\n';

export type Asking = {
  /** `wait` of each request, s. */
  readonly waitS: number;
  /** From an answer to the next request, ms; the first time a random share of it, so that viewers do not march. */
  readonly pauseMs: number;
};

export class AskingViewer implements LiveViewer {
  readonly progress: ViewerProgress;
  readonly #socket: ViewerSocket;
  readonly #asking: Asking;
  readonly #port: number;
  #epoch: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: ViewerParts, asking: Asking) {
    this.progress = new ViewerProgress(parts);
    this.#asking = asking;
    this.#port = parts.port;
    this.#socket = new ViewerSocket({ ...parts, onBytes: (bytes) => this.#take(bytes) });
    this.#ask();
  }

  stopReading(): void {
    this.#socket.stopReading();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket.end();
  }

  #ask(): void {
    const position = this.#epoch === null ? '' : `e=${this.#epoch}&s=${this.progress.s}&`;
    this.#socket.write(
      `GET /rt/poll?${position}wait=${this.#asking.waitS} HTTP/1.1\r\n${browserHeaders(this.#port)}\r\n`,
    );
  }

  #take(bytes: Buffer): number {
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd === -1) return 0;
    const head = bytes.toString('latin1', 0, headEnd);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(`not an answer: ${head}`);
    const from = headEnd + HEAD_END.length;
    const to = from + Number(length);
    if (to > bytes.length) return 0;
    this.#answer(bytes.toString('utf8', from, to));
    return to;
  }

  #answer(text: string): void {
    const { progress } = this;
    const { frames } = JSON.parse(text) as { readonly frames: readonly JsonFrame[] };
    const first = this.#epoch === null;
    for (const frame of frames) {
      progress.view?.take(frame);
      if (frame.t === 'S') this.#epoch = frame.e;
      progress.took({ t: frame.t, s: 's' in frame ? frame.s : 0 });
    }
    const { pauseMs } = this.#asking;
    if (pauseMs === 0) this.#ask();
    else this.#timer = setTimeout(() => this.#ask(), first ? Math.random() * pauseMs : pauseMs);
  }
}
