/**
 * What one viewer costs: its requests, their bytes as they are on the wire (HTTP and WebSocket with all headers,
 * without TCP), its frames and answers. Knows sockets, no state. Main thread; sockets count their bytes anyway, so
 * that nothing is added up before it is read, and nothing here runs for a viewer that has no meter.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MeterReading } from '#lib/protocol/api.ts';
import type { Frame } from '#lib/protocol/frames.ts';
import type { Clock } from '../clock.ts';
import type { ViewerLink } from '../live/viewer.ts';

/** So long a meter outlives its last request, connection or reading. */
export const METER_KEPT_MS = 60_000;

/** Bytes of something that is still under way. */
type Open = { up(): number; down(): number };

/** Counts the frames of one request or connection. */
export type AnswerMeter = {
  /** One answer has been given. */
  count(frames: readonly Frame[]): void;
  /** The same link; each sending through it is an answer. */
  link(link: ViewerLink): ViewerLink;
};

/** Request line and headers, as every client writes them; a GET has no body. Node decodes them byte by byte. */
function headBytes({ method, url, httpVersion, rawHeaders }: IncomingMessage): number {
  let bytes = `${method} ${url} HTTP/${httpVersion}\r\n\r\n`.length;
  // A name has `: ` after it, a value a line break.
  for (const text of rawHeaders) bytes += text.length + 2;
  return bytes;
}

function isBeatAlone(frames: readonly Frame[]): boolean {
  return frames.length === 1 && frames[0]!.t === 'B';
}

export class Meter {
  readonly id: string;
  #transport: MeterReading['transport'];
  #requests = 0;
  #bytesUp = 0;
  #bytesDown = 0;
  #wastedBytes = 0;
  #frames = 0;
  #updates = 0;
  #emptyAnswers = 0;
  readonly #open = new Set<Open>();
  readonly #clock: Clock;
  #usedAtMs: number;

  constructor(id: string, transport: MeterReading['transport'], clock: Clock) {
    this.id = id;
    this.#transport = transport;
    this.#clock = clock;
    this.#usedAtMs = clock();
  }

  /** Has nothing been under way, and has nobody read it, for a minute? */
  isForgotten(nowMs: number): boolean {
    return this.#open.size === 0 && nowMs - this.#usedAtMs >= METER_KEPT_MS;
  }

  read(): MeterReading {
    this.#usedAtMs = this.#clock();
    let bytesUp = this.#bytesUp;
    let bytesDown = this.#bytesDown;
    for (const open of this.#open) {
      bytesUp += open.up();
      bytesDown += open.down();
    }
    return {
      meter: this.id,
      transport: this.#transport,
      requests: this.#requests,
      bytesUp,
      bytesDown,
      wastedBytes: this.#wastedBytes,
      frames: this.#frames,
      updates: this.#updates,
      emptyAnswers: this.#emptyAnswers,
    };
  }

  /** A request that has just come and is not answered yet. Of a poll without news all bytes are wasted. */
  request(transport: MeterReading['transport'], response: ServerResponse): AnswerMeter {
    const up = headBytes(response.req);
    let { socket } = response;
    let writtenBefore = socket?.bytesWritten ?? 0;
    // Null: the answer to an earlier request on the connection is still being written.
    if (socket === null) {
      response.once('socket', (own: Socket) => {
        socket = own;
        writtenBefore = own.bytesWritten;
      });
    }
    const down = (): number => (socket === null ? 0 : socket.bytesWritten - writtenBefore);
    const settle = this.#begin(transport, { up: () => up, down });
    let isWasted = false;
    const end = (): void => {
      if (settle() && isWasted) this.#wastedBytes += up + down();
    };
    // Before Node's own listener, which begins the next answer on the connection.
    response.prependOnceListener('finish', end);
    response.once('close', end);
    if (transport === 'sse') return this.#stream(down);
    const count = (frames: readonly Frame[]): void => {
      this.#count(frames);
      isWasted = isBeatAlone(frames);
    };
    const send = (link: ViewerLink, frames: readonly Frame[]): void => {
      count(frames);
      link.send(frames);
    };
    return { count, link: (link) => metered(link, (frames) => send(link, frames)) };
  }

  /** An upgrade that has just come: from its request on, everything on the socket. */
  connection(request: IncomingMessage, socket: Socket, head: Buffer): AnswerMeter {
    const readBefore = socket.bytesRead - headBytes(request) - head.length;
    const writtenBefore = socket.bytesWritten;
    const up = (): number => socket.bytesRead - readBefore;
    const down = (): number => socket.bytesWritten - writtenBefore;
    const settle = this.#begin('socketio', { up, down });
    socket.once('close', settle);
    return this.#stream(down);
  }

  /** The function that ends it; true the first time. */
  #begin(transport: MeterReading['transport'], open: Open): () => boolean {
    this.#transport = transport;
    this.#usedAtMs = this.#clock();
    this.#requests++;
    this.#open.add(open);
    return () => {
      if (!this.#open.delete(open)) return false;
      this.#usedAtMs = this.#clock();
      this.#bytesUp += open.up();
      this.#bytesDown += open.down();
      return true;
    };
  }

  /** `written`: bytes handed to the socket so far. */
  #stream(written: () => number): AnswerMeter {
    const count = (frames: readonly Frame[]): void => this.#count(frames);
    const send = (link: ViewerLink, frames: readonly Frame[]): void => {
      const before = written();
      link.send(frames);
      count(frames);
      if (isBeatAlone(frames)) this.#wastedBytes += written() - before;
    };
    return { count, link: (link) => metered(link, (frames) => send(link, frames)) };
  }

  #count(frames: readonly Frame[]): void {
    this.#frames += frames.length;
    if (isBeatAlone(frames)) this.#emptyAnswers++;
    else this.#updates++;
  }
}

function metered(link: ViewerLink, send: ViewerLink['send']): ViewerLink {
  return { ready: () => link.ready(), send, close: (reason) => link.close(reason) };
}
