/**
 * Where a fleet's batches go: the server's name resolved now and again, a carrier's sockets connected to its address,
 * new ones after errors. Never ends the process: what could not leave is counted and said once.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { CarrierSockets, FleetCarrier } from './fleet-carrier.ts';
import { formatServerAddress, type ServerAddress } from './option-values.ts';
import { Reachability } from './reachability.ts';

const RESOLVE_EVERY_MS = 30_000;
const RETRY_EVERY_MS = 1_000;

/** All addresses of a name, best first; rejects with Node's error code. */
type Resolve = (host: string) => Promise<readonly string[]>;

async function resolveBySystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' });
  return found.map((each) => each.address);
}

export type FleetLinkOptions = {
  readonly server: ServerAddress;
  readonly carrier: FleetCarrier;
  /** So long without an error counts as working again. */
  readonly quietMs: number;
  /** May this load go to this address? Others are not used. */
  readonly isAllowed: (address: string) => boolean;
  /** Takes one line for the operator. */
  readonly say: (line: string) => void;
  readonly resolve?: Resolve;
  /** How often the name is looked up; 30 s unless given. */
  readonly resolveEveryMs?: number;
};

export class FleetLink {
  readonly #options: FleetLinkOptions;
  readonly #reachability: Reachability;
  readonly #timer: NodeJS.Timeout;
  #address: string | null = null;
  #sockets: CarrierSockets | null = null;
  #refreshing = false;
  #lastRefreshMs = Number.NEGATIVE_INFINITY;
  #started = false;
  #closed = false;
  #errors = 0;
  #unsent = 0;
  #refusedAddress: string | null = null;

  constructor(options: FleetLinkOptions) {
    this.#options = options;
    this.#reachability = new Reachability(options.quietMs);
    this.#timer = setInterval(() => void this.#refresh(false), options.resolveEveryMs ?? RESOLVE_EVERY_MS);
    this.#timer.unref();
  }

  /** Looks the name up for the first time. Resolves with success or without; never rejects. */
  async start(): Promise<void> {
    await this.#refresh(false);
    this.#started = true;
  }

  /** The address that was found and may not be used, when there is no other. */
  get refusedAddress(): string | null {
    return this.#sockets === null ? this.#refusedAddress : null;
  }

  /** Errors of the network and the name service so far. */
  get errors(): number {
    return this.#errors;
  }

  /** Heartbeats that never left because there was no address. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Hands the carrier's batch over and empties it. */
  flush(part: number): void {
    const { batch } = this.#options.carrier;
    const nowMs = performance.now();
    if (this.#sockets === null) {
      this.#unsent += batch.heartbeats;
      this.#retry(nowMs);
    } else {
      if (this.#reachability.failing) this.#say(this.#reachability.sending(this.#target, nowMs));
      this.#sockets.send(part);
    }
    batch.clear();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#sockets?.close();
    this.#sockets = null;
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

  readonly #onError = (code: string): void => {
    if (!this.#closed) this.#failed(code, true);
  };

  #failed(code: string, retry: boolean): void {
    const nowMs = performance.now();
    this.#errors++;
    this.#say(this.#reachability.failed(this.#target, code, nowMs));
    if (retry) this.#retry(nowMs);
  }

  /** Looks for an address again, unless that was done within the last second. */
  #retry(nowMs: number): void {
    if (nowMs - this.#lastRefreshMs >= RETRY_EVERY_MS) void this.#refresh(true);
  }

  /** Looks the name up; connects when the address is new, or anew and to the next address after an error. */
  async #refresh(afterError: boolean): Promise<void> {
    if (this.#refreshing || this.#closed) return;
    this.#refreshing = true;
    this.#lastRefreshMs = performance.now();
    try {
      const { host } = this.#options.server;
      const found = isIP(host) === 0 ? await (this.#options.resolve ?? resolveBySystem)(host) : [host];
      const addresses = found.filter((address) => this.#options.isAllowed(address));
      if (addresses.length === 0 && found[0] !== undefined) {
        this.#refuse(found[0]);
        return;
      }
      this.#refusedAddress = null;
      await this.#connectToOneOf(addresses, afterError);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      this.#failed(code, false);
    } finally {
      this.#refreshing = false;
    }
  }

  /** Whoever started this asks for it then; later it is said once. */
  #refuse(address: string): void {
    if (this.#started && this.#refusedAddress !== address) {
      this.#say(`${this.#options.server.host} is at ${address}, where this load may not go; not used`);
    }
    this.#refusedAddress = address;
  }

  async #connectToOneOf(addresses: readonly string[], afterError: boolean): Promise<void> {
    const position = this.#address === null ? -1 : addresses.indexOf(this.#address);
    if (position >= 0 && this.#sockets !== null && !afterError) return;
    const next = position >= 0 && !afterError ? this.#address! : addresses[(position + 1) % addresses.length];
    if (next === undefined) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
    const before = this.#address;
    this.#address = next;
    if (before !== null && position < 0)
      this.#say(`${this.#options.server.host} is at ${next} now, no longer at ${before}`);
    const sockets = await this.#options.carrier.open(next, this.#options.server.port, this.#onError);
    if (this.#closed) {
      sockets.close();
      return;
    }
    this.#sockets?.close();
    this.#sockets = sockets;
  }
}
