/**
 * What one listener takes at most, and who holds how many of its connections. Pure. Main thread.
 */

export type TcpLimits = {
  /** Open connections, in all. */
  readonly connections: number;
  /** The same from one address that is not this machine's own. */
  readonly perAddress: number;
  readonly perLoopback: number;
  /** A message begun has to be whole, and the first heartbeat of a connection there, within this. */
  readonly messageWithinMs: number;
  /** No connection is closed for being idle earlier than this, however short its host's timeout. */
  readonly idleAtLeastMs: number;
  /** So long after the start, and after the last connection, verdicts still wait for what TCP may bring. */
  readonly lingerMs: number;
};

export const TCP_LIMITS: TcpLimits = {
  connections: 10_000,
  perAddress: 1_024,
  perLoopback: 10_000,
  messageWithinMs: 10_000,
  idleAtLeastMs: 10_000,
  lingerMs: 30_000,
};

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

export class ConnectionCounts {
  readonly #limits: TcpLimits;
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  constructor(limits: TcpLimits) {
    this.#limits = limits;
  }

  get all(): number {
    return this.#all;
  }

  /** Counts one more connection; false, and not counted, when there are too many. */
  take(address: string): boolean {
    const { connections, perAddress, perLoopback } = this.#limits;
    const held = this.#byAddress.get(address) ?? 0;
    if (this.#all >= connections || held >= (isLoopback(address) ? perLoopback : perAddress)) return false;
    this.#byAddress.set(address, held + 1);
    this.#all++;
    return true;
  }

  /** One that was taken is gone. */
  release(address: string): void {
    const held = this.#byAddress.get(address) ?? 0;
    if (held > 1) this.#byAddress.set(address, held - 1);
    else this.#byAddress.delete(address);
    this.#all--;
  }
}
