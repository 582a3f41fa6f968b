/** An outlet that writes down what it is handed, and a listener on loopback that hands it there. For tests. */
import { connect, type Socket } from 'node:net';
import { clockFrom, clockOrigin } from '../../clock.ts';
import type { TcpLimits } from '../tcp/tcp-limits.ts';
import { openTcpListener, type TcpListener } from '../tcp/tcp-listener.ts';
import type { TcpOutlet } from '../tcp-outlet.ts';

export type Handed = {
  readonly what: 'heartbeat' | 'closed' | 'reset';
  readonly shard: number;
  /** Of a heartbeat its text, or its bytes in hex when it is binary. */
  readonly text: string;
  readonly address: string;
  readonly connection: number;
  readonly atMs: number;
};

const PATIENCE_MS = 8_000;
const LOOK_EVERY_MS = 5;

const MAGIC = 0xb7;

/** Resolves as soon as `reached` holds. */
export async function until(reached: () => boolean, what = 'it'): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!reached()) {
    if (performance.now() > untilMs) throw new Error(`${what} was not reached within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export class RecordingOutlet implements TcpOutlet {
  readonly shards: number;
  readonly handed: Handed[] = [];
  /** Instants said to be drained, each with how many things had been handed before. */
  readonly drained: { readonly atMs: number; readonly after: number }[] = [];
  /** Messages there is room for. */
  room = Number.POSITIVE_INFINITY;
  refusals = 0;
  /** What is not written down, only counted. */
  ignored: Uint8Array | null = null;
  ignoredCount = 0;

  constructor(shards = 1) {
    this.shards = shards;
  }

  heartbeat(
    shard: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    address: string,
    connection: number,
  ): boolean {
    if (this.room === 0) {
      this.refusals++;
      return false;
    }
    this.room--;
    const message = Buffer.from(bytes.subarray(at, at + length));
    if (this.ignored !== null && message.equals(this.ignored)) {
      this.ignoredCount++;
      return true;
    }
    const text = message.toString(message[0] === MAGIC ? 'hex' : 'latin1');
    this.#note('heartbeat', shard, text, address, connection);
    return true;
  }

  ended(shard: number, idHigh: number, idLow: number, connection: number, how: 'closed' | 'reset'): void {
    const id = [idHigh, idLow].map((word) => word.toString(16).padStart(8, '0')).join('');
    this.#note(how, shard, id, '', connection);
  }

  drainedUpTo(atMs: number): void {
    this.drained.push({ atMs, after: this.handed.length });
  }

  texts(): string[] {
    return this.handed.flatMap(({ what, text }) => (what === 'heartbeat' ? [text] : []));
  }

  endings(): Handed[] {
    return this.handed.filter(({ what }) => what !== 'heartbeat');
  }

  #note(what: Handed['what'], shard: number, text: string, address: string, connection: number): void {
    this.handed.push({ what, shard, text, address, connection, atMs: performance.now() });
  }
}

export class TestListener {
  readonly outlet: RecordingOutlet;
  readonly listener: TcpListener;
  readonly #host: string;
  readonly #sockets: Socket[] = [];

  private constructor(outlet: RecordingOutlet, listener: TcpListener, host: string) {
    this.outlet = outlet;
    this.listener = listener;
    this.#host = host;
  }

  static async open(
    options: { shards?: number; host?: string; limits?: Partial<TcpLimits>; timeoutMs?: number } = {},
  ): Promise<TestListener> {
    const { shards = 1, host = '127.0.0.1', limits = {}, timeoutMs = 5_000 } = options;
    const outlet = new RecordingOutlet(shards);
    const listener = await openTcpListener([{ host, port: 0 }], {
      outlet,
      clock: clockFrom(clockOrigin()),
      timeoutMsOf: () => timeoutMs,
      onFault: (error) => {
        throw error;
      },
      limits,
    });
    return new TestListener(outlet, listener, host);
  }

  get port(): number {
    return this.listener.addresses[0]!.port;
  }

  /** Connected; errors and what would be answered are left alone. */
  async connect(localAddress?: string): Promise<Socket> {
    const socket = connect({ host: this.#host, port: this.port, noDelay: true, localAddress });
    this.#sockets.push(socket);
    socket.on('error', () => {});
    socket.resume();
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.listener.close();
  }
}

/** Has it been closed by the other side? */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** A message behind its length. */
export function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(message.length);
  return Buffer.concat([head, message]);
}
