/**
 * How often one may try a password: token buckets by client address and by user name. Pure, time passed in; bounded,
 * the one untouched for longest is forgotten first. O(1).
 */
import { isIPv6 } from 'node:net';

/** So many at once, and then one more each so many ms. */
type Pace = { readonly burst: number; readonly everyMs: number };

const BY_ADDRESS: Pace = { burst: 10, everyMs: 6_000 };
const BY_NAME: Pace = { burst: 20, everyMs: 12_000 };
const MAX_BUCKETS = 10_000;

/** One number a key: when it would be full again. Full ones are not kept. */
class Buckets {
  readonly #pace: Pace;
  /** In the order of their last use, refused ones included. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** 0: one may go; else after how many ms. Takes nothing. */
  waitMs(key: string, nowMs: number): number {
    const fullAtMs = this.#fullAtMs.get(key);
    if (fullAtMs === undefined) return 0;
    this.#put(key, fullAtMs, nowMs);
    const { burst, everyMs } = this.#pace;
    return Math.max(0, fullAtMs - nowMs - (burst - 1) * everyMs);
  }

  take(key: string, nowMs: number): void {
    this.#put(key, Math.max(this.#fullAtMs.get(key) ?? 0, nowMs) + this.#pace.everyMs, nowMs);
  }

  giveBack(key: string, nowMs: number): void {
    this.#put(key, (this.#fullAtMs.get(key) ?? 0) - this.#pace.everyMs, nowMs);
  }

  get size(): number {
    return this.#fullAtMs.size;
  }

  #put(key: string, fullAtMs: number, nowMs: number): void {
    this.#fullAtMs.delete(key);
    if (fullAtMs > nowMs) this.#fullAtMs.set(key, fullAtMs);
    if (this.#fullAtMs.size > MAX_BUCKETS) this.#fullAtMs.delete(this.#fullAtMs.keys().next().value!);
  }
}

/** One line usually has a whole /64 of IPv6 to choose its addresses from. */
export function lineOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::') as [string, string | undefined];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right].slice(0, 4).join(':');
}

export class LoginRate {
  readonly #byAddress = new Buckets(BY_ADDRESS);
  readonly #byName = new Buckets(BY_NAME);

  /**
   * Takes one try of the address and of the name; 0: go on, else nothing was taken, and it may be tried again after so
   * many ms. `name`: in one spelling; null where the address alone counts.
   */
  take(address: string, name: string | null, nowMs: number): number {
    const line = lineOf(address);
    const waitMs = Math.max(
      this.#byAddress.waitMs(line, nowMs),
      name === null ? 0 : this.#byName.waitMs(name, nowMs),
    );
    if (waitMs > 0) return waitMs;
    this.#byAddress.take(line, nowMs);
    if (name !== null) this.#byName.take(name, nowMs);
    return 0;
  }

  /** It was no wrong try: what was taken is given back. */
  giveBack(address: string, name: string | null, nowMs: number): void {
    this.#byAddress.giveBack(lineOf(address), nowMs);
    if (name !== null) this.#byName.giveBack(name, nowMs);
  }

  /** Buckets kept now. */
  get size(): number {
    return this.#byAddress.size + this.#byName.size;
  }
}
