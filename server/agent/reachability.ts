/**
 * What a sender says about its way to the server: one line when it changes, never one a beat. Pure.
 * Nothing is ever confirmed, so "works again" means: no error for a while.
 */

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing is listening there',
  ECONNRESET: 'it reset the connection',
  EOF: 'it ended the connection',
  ETIMEDOUT: 'it does not answer',
  ENETUNREACH: 'its network cannot be reached',
  EHOSTUNREACH: 'it cannot be reached',
  ENETDOWN: 'the network is down',
  EADDRNOTAVAIL: 'this machine has no address to send from',
  EPERM: 'a local firewall forbids it',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name service does not answer',
};

/** An error code as people read it, with the code. */
export function errorInWords(code: string): string {
  const words = WORDS[code];
  return words === undefined ? code : `${words} (${code})`;
}

export class Reachability {
  readonly #quietMs: number;
  #failing: string | null = null;
  #lastErrorAtMs = 0;

  /** `quietMs`: so long without an error, while sending, counts as working again. */
  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  get failing(): boolean {
    return this.#failing !== null;
  }

  /** What there is to say about this error at `target`; null when it was said already. */
  failed(target: string, code: string, nowMs: number): string | null {
    this.#lastErrorAtMs = nowMs;
    if (this.#failing === code) return null;
    this.#failing = code;
    return `cannot send to ${target}: ${errorInWords(code)}; going on trying`;
  }

  /** Asked at each send; what there is to say when the errors have stopped. */
  sending(target: string, nowMs: number): string | null {
    if (this.#failing === null || nowMs - this.#lastErrorAtMs < this.#quietMs) return null;
    this.#failing = null;
    return `sending to ${target} works again`;
  }
}
