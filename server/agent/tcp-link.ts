/**
 * Heartbeats to one server over TCP, each behind its length. A connection is made when there is a heartbeat to send,
 * and anew every half minute, the next before the last is ended: nothing ever comes back, so that alone shows whether
 * the way is open, and finds the server's new address. Holds one heartbeat at most. Never throws. Knows no heartbeat.
 */
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { formatServerAddress, type ServerAddress } from './option-values.ts';
import { Reachability } from './reachability.ts';
import type { Resolve } from './udp-link.ts';

const CONNECT_WITHIN_MS = 5_000;
const RENEW_AFTER_MS = 30_000;
/** The one before is ended when the server has surely read the first heartbeat of the new one. */
const OVERLAP_MS = 5_000;
/** A connection that lasted so long was no failure. */
const LASTED_MS = 5_000;
const FIRST_BACKOFF_MS = 250;
const LEAST_LONGEST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 15_000;
const MAX_DOUBLINGS = 10;

/** What Node calls the end that the other side made. */
const ENDED_BY_SERVER = 'EOF';

export type TcpLinkOptions = {
  readonly server: ServerAddress;
  /** So long without an error counts as working again; about half a host's timeout. */
  readonly quietMs: number;
  /** Takes one line for the operator. */
  readonly say: (line: string) => void;
  /** Called at each error of the network or the name service. */
  readonly onError?: () => void;
  readonly resolve?: Resolve;
  /** How long a connection is used, give or take a quarter; 30 s unless given. */
  readonly renewAfterMs?: number;
  readonly overlapMs?: number;
};

async function resolveBySystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' });
  return found.map((each) => each.address);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(2 + message.length);
  bytes.writeUInt16BE(message.length);
  bytes.set(message, 2);
  return bytes;
}

/** Rejects with Node's error code, ETIMEDOUT after 5 s. `signal` gives it up. */
function open(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host: address, port, noDelay: true, keepAlive: true, signal });
  const timer = setTimeout(() => socket.destroy(failure('ETIMEDOUT')), CONNECT_WITHIN_MS);
  // Stays: an error without a listener would end the process.
  socket.on('error', reject);
  socket.once('connect', () => resolve(socket));
  return promise.finally(() => clearTimeout(timer));
}

export class TcpLink {
  readonly #options: TcpLinkOptions;
  readonly #resolve: Resolve;
  readonly #reachability: Reachability;
  readonly #giveUp = new AbortController();
  readonly #outdated = new Set<Socket>();
  #current: Socket | null = null;
  #currentSinceMs = 0;
  #renewAtMs = 0;
  #address: string | null = null;
  #attempting: Promise<void> | null = null;
  /** Goes with the connection that is being made. */
  #held: Buffer | null = null;
  #failures = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #nextTryAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  #errors = 0;

  constructor(options: TcpLinkOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? resolveBySystem;
    this.#reachability = new Reachability(options.quietMs);
  }

  /** Nothing is connected before there is a heartbeat: a server ends connections that say nothing. */
  async start(): Promise<void> {}

  /** Would a heartbeat be taken just now? False for a while after a failure. */
  get ready(): boolean {
    return this.#current !== null || this.#attempting !== null || performance.now() >= this.#nextTryAtMs;
  }

  /** Does the heartbeat given last wait for a connection? The next one would take its place. */
  get isHolding(): boolean {
    return this.#held !== null;
  }

  /** Errors of the network and the name service so far. */
  get errors(): number {
    return this.#errors;
  }

  /** Sends, or holds it while a connection is made, where the next one takes its place. False: it is dropped. */
  send(bytes: Uint8Array): boolean {
    const nowMs = performance.now();
    if (this.#closed || !this.ready) return false;
    this.#noteRecovery(nowMs);
    const current = this.#current;
    if (current !== null && this.#attempting === null && !this.#mayRenew(nowMs)) {
      // What the kernel has not taken yet is not piled up.
      if (current.writableLength > 0) return false;
      current.write(framed(bytes));
      return true;
    }
    this.#letGo();
    this.#held = framed(bytes);
    this.#attempting ??= this.#attempt().finally(() => {
      this.#attempting = null;
    });
    return true;
  }

  /** A connection is made with the next heartbeat that may make one; there is nothing to do before. */
  retry(): void {}

  /** Sends one last heartbeat and closes. Resolves when the kernel has it, or after `withinMs`. */
  async sendLast(bytes: Uint8Array, withinMs: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    if (this.#current === null && this.#attempting !== null) await Promise.race([this.#attempting, late]);
    this.#letGo();
    const current = this.#current;
    if (current !== null) {
      const taken = new Promise<void>((done) => {
        current.once('close', done);
        current.end(framed(bytes), done);
      });
      await Promise.race([taken, late]);
    }
    clearTimeout(timer);
    this.close();
  }

  close(): void {
    this.#closed = true;
    this.#giveUp.abort();
    for (const socket of [...this.#outdated, this.#current]) socket?.destroy();
    this.#outdated.clear();
    this.#current = null;
    this.#held = null;
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

  /** A connection made after the last error has to last before that counts as over. */
  #noteRecovery(nowMs: number): void {
    if (this.#current === null || this.#currentSinceMs < this.#failedAtMs) return;
    this.#say(this.#reachability.sending(this.#target, nowMs));
    if (nowMs - this.#currentSinceMs >= LASTED_MS) this.#failures = 0;
  }

  #mayRenew(nowMs: number): boolean {
    return nowMs >= this.#renewAtMs && nowMs >= this.#nextTryAtMs;
  }

  /** What is held goes by the connection there is, if it takes more. */
  #letGo(): void {
    if (this.#held !== null && this.#current !== null && this.#current.writableLength === 0) {
      this.#current.write(this.#held);
    }
    this.#held = null;
  }

  /** One try at a new connection, which takes what is held; the one before stays in use when it fails. */
  async #attempt(): Promise<void> {
    try {
      const address = await this.#nextAddress();
      const socket = await open(address, this.#options.server.port, this.#giveUp.signal);
      if (this.#closed) {
        socket.destroy();
        return;
      }
      if (socket.destroyed) throw failure(ENDED_BY_SERVER);
      this.#use(socket, address);
    } catch (error) {
      if (this.#closed) return;
      this.#failed(codeOf(error));
    }
    this.#letGo();
  }

  /** The name's best address; after a failure the one after it. Keeps the last one while names cannot be resolved. */
  async #nextAddress(): Promise<string> {
    const { host } = this.#options.server;
    if (isIP(host) !== 0) return host;
    let addresses: readonly string[];
    try {
      addresses = await this.#resolve(host);
    } catch (error) {
      if (this.#address === null || this.#failures > 0) throw error;
      this.#failed(codeOf(error));
      return this.#address;
    }
    const before = this.#address === null ? -1 : addresses.indexOf(this.#address);
    const address =
      before >= 0 && this.#failures === 0 ? this.#address! : addresses[(before + 1) % addresses.length];
    if (address === undefined) throw failure('ENOTFOUND');
    if (this.#address !== null && before < 0) {
      this.#say(`${host} is at ${address} now, no longer at ${this.#address}`);
    }
    this.#address = address;
    return address;
  }

  #use(socket: Socket, address: string): void {
    const before = this.#current;
    this.#current = socket;
    this.#address = address;
    this.#currentSinceMs = performance.now();
    const { renewAfterMs = RENEW_AFTER_MS } = this.#options;
    // A fleet that came together spreads.
    this.#renewAtMs = this.#currentSinceMs + renewAfterMs * (0.75 + Math.random() / 2);
    // Nothing is expected; what comes all the same is thrown away, or its end would not be seen.
    socket.resume();
    socket.on('error', (error) => this.#lost(socket, codeOf(error)));
    socket.on('end', () => this.#lost(socket, ENDED_BY_SERVER));
    socket.on('close', () => this.#lost(socket, ENDED_BY_SERVER));
    if (before !== null) this.#outdate(before);
  }

  #outdate(socket: Socket): void {
    this.#outdated.add(socket);
    const { overlapMs = OVERLAP_MS } = this.#options;
    const timer = setTimeout(() => socket.end(), overlapMs).unref();
    socket.once('close', () => {
      clearTimeout(timer);
      this.#outdated.delete(socket);
    });
  }

  /** The connection in use is gone. */
  #lost(socket: Socket, code: string): void {
    if (this.#closed || this.#current !== socket) return;
    this.#noteRecovery(performance.now());
    this.#current = null;
    socket.destroy();
    this.#failed(code);
  }

  #failed(code: string): void {
    const nowMs = performance.now();
    this.#errors++;
    this.#failedAtMs = nowMs;
    const longestMs = Math.min(LONGEST_BACKOFF_MS, Math.max(LEAST_LONGEST_BACKOFF_MS, this.#options.quietMs));
    const backoffMs = Math.min(longestMs, FIRST_BACKOFF_MS * 2 ** Math.min(MAX_DOUBLINGS, this.#failures));
    // A fleet that lost its server together does not come back together.
    this.#nextTryAtMs = nowMs + backoffMs * (0.5 + Math.random() / 2);
    this.#failures++;
    this.#say(this.#reachability.failed(this.#target, code, nowMs));
    this.#options.onError?.();
  }
}
