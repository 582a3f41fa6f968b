/**
 * Datagrams to one server: its name resolved now and again, connected UDP sockets (so that ICMP errors are heard),
 * new ones when the address or this machine's network changes. Never throws and never ends the process: what could
 * not be sent is counted and said once. Knows no heartbeat.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { formatServerAddress, type ServerAddress } from './option-values.ts';
import { Reachability } from './reachability.ts';

const RESOLVE_EVERY_MS = 30_000;
const RETRY_EVERY_MS = 1_000;
const SEND_BUFFER_BYTES = 1 << 20;
/** Datagrams the kernel has not taken yet; beyond it new ones are dropped, so that memory stays bounded. */
const MAX_QUEUED = 10_000;

/** All addresses of a name, best first; rejects with Node's error code. */
export type Resolve = (host: string) => Promise<readonly string[]>;

async function resolveBySystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' });
  return found.map((each) => each.address);
}

export type UdpLinkOptions = {
  readonly server: ServerAddress;
  /** Several spread a fleet over the server's sockets; 1 for an agent. */
  readonly sockets: number;
  /** So long without an error counts as working again. */
  readonly quietMs: number;
  /** Takes one line for the operator. */
  readonly say: (line: string) => void;
  /** Called at each error of the network or the name service. */
  readonly onError?: () => void;
  readonly resolve?: Resolve;
  /** How often the name is looked up; 30 s unless given. */
  readonly resolveEveryMs?: number;
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** A connected socket; rejects when there is no route or no such family on this machine. */
function connect(address: string, port: number, onError: (error: Error) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: isIP(address) === 6 ? 'udp6' : 'udp4',
      sendBufferSize: SEND_BUFFER_BYTES,
    });
    const refuse = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once('error', refuse);
    socket.connect(port, address, () => {
      socket.off('error', refuse);
      socket.on('error', onError);
      resolve(socket);
    });
  });
}

export class UdpLink {
  readonly #options: UdpLinkOptions;
  readonly #resolve: Resolve;
  readonly #reachability: Reachability;
  readonly #timer: NodeJS.Timeout;
  #addresses: readonly string[] = [];
  /** The address in use, the last good one while the name cannot be resolved. */
  #address: string | null = null;
  #sockets: readonly Socket[] = [];
  #refreshing = false;
  #lastRefreshMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  #errors = 0;

  constructor(options: UdpLinkOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? resolveBySystem;
    this.#reachability = new Reachability(options.quietMs);
    this.#timer = setInterval(() => void this.#refresh(false), options.resolveEveryMs ?? RESOLVE_EVERY_MS);
    this.#timer.unref();
  }

  /** Looks the name up for the first time. Resolves with success or without; never rejects. */
  async start(): Promise<void> {
    await this.#refresh(false);
  }

  /** Can something be sent at all just now? */
  get ready(): boolean {
    return this.#sockets.length > 0;
  }

  /** Errors of the network and the name service so far. */
  get errors(): number {
    return this.#errors;
  }

  /**
   * Sends by one of the sockets (`via` modulo their number); `bytes` must stay as they are until the kernel took them,
   * which is at once unless its buffer is full. False when there is no address, or too much is waiting already.
   */
  send(bytes: Uint8Array, via = 0): boolean {
    const nowMs = performance.now();
    if (this.#sockets.length === 0) {
      this.retry(nowMs);
      return false;
    }
    const socket = this.#sockets[via % this.#sockets.length]!;
    if (socket.getSendQueueCount() >= MAX_QUEUED) return false;
    if (this.#reachability.failing) this.#say(this.#reachability.sending(this.#target, nowMs));
    socket.send(bytes, this.#onSent);
    return true;
  }

  /** Sends one last datagram and closes. Resolves when the kernel has it, or after `withinMs`. */
  async sendLast(bytes: Uint8Array, withinMs: number): Promise<void> {
    const socket = this.#sockets[0];
    if (socket !== undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        socket.send(bytes, () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    this.close();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#replaceSockets([]);
  }

  get #target(): string {
    const named = formatServerAddress(this.#options.server);
    return this.#address === null || this.#address === this.#options.server.host
      ? named
      : `${named} (${this.#address})`;
  }

  #say(line: string | null): void {
    if (line !== null) this.#options.say(line);
  }

  #replaceSockets(sockets: readonly Socket[]): void {
    const before = this.#sockets;
    this.#sockets = sockets;
    for (const socket of before) {
      // An ICMP answer may still arrive between here and the close.
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      socket.close();
    }
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null && !this.#closed) this.#failed(codeOf(error), true);
  };

  #failed(code: string, retry: boolean): void {
    const nowMs = performance.now();
    this.#errors++;
    this.#say(this.#reachability.failed(this.#target, code, nowMs));
    this.#options.onError?.();
    if (retry) this.retry(nowMs);
  }

  /** Looks for an address again, unless that was done within the last second. */
  retry(nowMs = performance.now()): void {
    if (nowMs - this.#lastRefreshMs >= RETRY_EVERY_MS) void this.#refresh(true);
  }

  /** Looks the name up; connects when the address is new, or anew and to the next address after an error. */
  async #refresh(afterError: boolean): Promise<void> {
    if (this.#refreshing || this.#closed) return;
    this.#refreshing = true;
    this.#lastRefreshMs = performance.now();
    try {
      const { host } = this.#options.server;
      this.#addresses = isIP(host) === 0 ? await this.#resolve(host) : [host];
      await this.#takeAddress(afterError);
    } catch (error) {
      this.#failed(codeOf(error), false);
    } finally {
      this.#refreshing = false;
    }
  }

  async #takeAddress(afterError: boolean): Promise<void> {
    const position = this.#address === null ? -1 : this.#addresses.indexOf(this.#address);
    if (position >= 0 && this.ready && !afterError) return;
    const next =
      position >= 0 && !afterError
        ? this.#address!
        : this.#addresses[(position + 1) % this.#addresses.length];
    if (next === undefined) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
    const before = this.#address;
    this.#address = next;
    if (before !== null && position < 0)
      this.#say(`${this.#options.server.host} is at ${next} now, no longer at ${before}`);
    const onError = (error: Error) => this.#failed(codeOf(error), true);
    const opened = await Promise.allSettled(
      Array.from({ length: this.#options.sockets }, () => connect(next, this.#options.server.port, onError)),
    );
    const sockets = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failure = opened.find((each) => each.status === 'rejected');
    if (this.#closed || failure !== undefined) {
      for (const socket of sockets) socket.close();
      if (this.#closed || failure === undefined) return;
      throw failure.reason;
    }
    this.#replaceSockets(sockets);
  }
}
