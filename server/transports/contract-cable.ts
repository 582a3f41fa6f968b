/**
 * A TCP proxy in front of a test's server: the cable that can be cut, and the proxies that do not let WebSocket
 * through. Knows of HTTP only whether a connection begins with an upgrade. For tests.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

/** What happens to connections that begin with an upgrade: let through, never answered, or this status line. */
export type UpgradeFate = 'pass' | 'swallow' | `HTTP/1.1 ${number} ${string}`;

/** Passes what was sent together on in so many pieces that their reader gets one by one. */
function inPieces(pieces: number): Transform {
  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      const bytes = Math.ceil(chunk.length / pieces);
      for (let at = 0; at < chunk.length; at += bytes) {
        this.push(chunk.subarray(at, at + bytes));
        await turn();
      }
      done();
    },
  });
}

export class ContractCable {
  /** Where new connections go. */
  targetPort: number;
  upgrades: UpgradeFate = 'pass';
  /** While true nobody gets through; what is open stays. */
  down = false;
  /** On connections made from now on what the server sends together arrives in so many pieces. */
  pieces = 1;
  /** Connections taken so far. */
  taken = 0;
  readonly #server = createServer((socket) => this.#take(socket));
  readonly #sockets = new Set<Socket>();

  constructor(targetPort: number) {
    this.targetPort = targetPort;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', () => resolve(this));
    });
  }

  /** Ends every open connection on both sides, without a goodbye. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(near: Socket): void {
    this.taken++;
    this.#keep(near);
    if (this.down) {
      near.resetAndDestroy();
      return;
    }
    near.once('data', (first: Buffer) => {
      if (this.upgrades !== 'pass' && /^upgrade: websocket/im.test(first.toString('latin1'))) {
        if (this.upgrades !== 'swallow') near.end(`${this.upgrades}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const far = connect(this.targetPort, '127.0.0.1');
      this.#keep(far);
      far.once('close', () => near.destroy());
      near.once('close', () => far.destroy());
      far.write(first);
      near.pipe(far);
      (this.pieces === 1 ? far : far.pipe(inPieces(this.pieces))).pipe(near);
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
