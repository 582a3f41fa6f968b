/**
 * One TCP connection of the load generator, as cheap as Node can have one: all sockets read into one buffer. From an
 * address of 127.0.0.0/8 of its own, 200 viewers each, under the server's limit for one address. Linux.
 */
import { connect, type Socket } from 'node:net';
import type { Tally } from './tally.ts';

const READ_BYTES = 262_144;
const VIEWERS_PER_ADDRESS = 200;

const readBuffer = Buffer.allocUnsafe(READ_BYTES);
let opened = 0;

export type ViewerSocketOptions = {
  readonly port: number;
  readonly tally: Tally;
  /**
   * What has come and was not taken yet, from its first byte; says how many bytes it takes. The bytes are only
   * there during the call.
   */
  readonly onBytes: (bytes: Buffer) => number;
};

export class ViewerSocket {
  readonly #socket: Socket;
  readonly #tally: Tally;
  /** The beginning of something whose end has not come. */
  #rest: Buffer | null = null;
  #ended = false;

  constructor({ port, tally, onBytes }: ViewerSocketOptions) {
    this.#tally = tally;
    const address = Math.floor(opened++ / VIEWERS_PER_ADDRESS) % 250;
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      localAddress: `127.0.1.${1 + address}`,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (size) => {
          tally.bytesDown += size;
          const chunk = readBuffer.subarray(0, size);
          const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
          const taken = onBytes(bytes);
          this.#rest = taken === bytes.length ? null : Buffer.from(bytes.subarray(taken));
          return true;
        },
      },
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      if (!this.#ended) tally.lost++;
      this.#ended = true;
    });
  }

  /** `bytes` may be shared: Node does not write to them. */
  write(bytes: Buffer | string): void {
    this.#tally.bytesUp += typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
    this.#socket.write(bytes);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  /** Cut, without a goodbye. */
  end(): void {
    this.#ended = true;
    this.#socket.resetAndDestroy();
  }
}

/** What Chromium sends with a request of a page, besides what the transport itself needs. */
export function browserHeaders(port: number): string {
  return [
    `Host: 127.0.0.1:${port}`,
    `Origin: http://127.0.0.1:${port}`,
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Accept: */*',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
    'Cache-Control: no-cache',
    'Pragma: no-cache',
    '',
  ].join('\r\n');
}
