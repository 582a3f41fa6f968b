/** A real UDP socket on loopback that keeps what arrives and lets a test wait for it. */
import { createSocket, type Socket } from 'node:dgram';

export type Arrival = { readonly bytes: Buffer; readonly atMs: number };

const RECEIVE_BUFFER_BYTES = 4 << 20;
const DEFAULT_WAIT_MS = 10_000;

export class UdpListener {
  readonly arrivals: Arrival[] = [];
  readonly #socket: Socket;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => {
      this.arrivals.push({ bytes, atMs: performance.now() });
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Port 0 = any. */
  static async bind(port = 0, host = '127.0.0.1'): Promise<UdpListener> {
    const socket = createSocket({
      type: host.includes(':') ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new UdpListener(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves as soon as `reached` holds for everything that arrived; rejects after `withinMs`. */
  until(reached: (arrivals: readonly Arrival[]) => boolean, withinMs = DEFAULT_WAIT_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        reject(new Error(`not reached within ${withinMs} ms, with ${this.arrivals.length} datagrams`));
      }, withinMs);
      const check = (): void => {
        if (!reached(this.arrivals)) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
