/**
 * What one listener takes at most, and who holds how many of its connections. Pure. Main thread.
 */

export type TcpLimits = {
  /** Open connections, in all. */
  readonly connections: number;
  /** The same from one address, or one /64 of IPv6, that is not this machine's own. */
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

const NETWORK_GROUPS = 4;

/** Who may choose among addresses: of IPv6 the /64, else the address. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.') || isLoopback(address)) return address;
  const [head, tail] = address.split('::') as [string, string?];
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    while (groups.length + last.length < 2 * NETWORK_GROUPS) groups.push('0');
    groups.push(...last);
  }
  return groups.slice(0, NETWORK_GROUPS).join(':');
}

export class ConnectionCounts {
  readonly #limits: TcpLimits;
  readonly #byNetwork = new Map<string, number>();
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
    const network = networkOf(address);
    const held = this.#byNetwork.get(network) ?? 0;
    if (this.#all >= connections || held >= (isLoopback(address) ? perLoopback : perAddress)) return false;
    this.#byNetwork.set(network, held + 1);
    this.#all++;
    return true;
  }

  /** One that was taken is gone. */
  release(address: string): void {
    const network = networkOf(address);
    const held = this.#byNetwork.get(network) ?? 0;
    if (held > 1) this.#byNetwork.set(network, held - 1);
    else this.#byNetwork.delete(network);
    this.#all--;
  }
}
