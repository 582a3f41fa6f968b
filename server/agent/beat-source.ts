/**
 * One sender's datagrams: its identity and the (incarnation, seq) they carry. Pure; times are passed in.
 * Knows no socket and no schedule.
 */
import {
  type BeatHeader,
  encodeHeader,
  encodeHello,
  HEADER_BYTES,
  MessageType,
} from '../../lib/protocol/heartbeat.ts';
import type { Labels } from '../../lib/protocol/host.ts';
import { type HostSecret, MessageSigner } from './host-secret.ts';

export type Identity = {
  readonly name: string;
  /** First 8 bytes of SHA-256(name). */
  readonly hostId: Uint8Array;
  readonly labels: Labels;
  readonly intervalMs: number;
  /** With it every datagram carries a tag; null or absent: none does. */
  readonly secret?: HostSecret | null;
};

/** What an agent starting now calls this run: above every earlier one, even when the clock went back. ms since the epoch. */
export function nextIncarnation(nowEpochMs: number, last: number | null): number {
  return last === null ? nowEpochMs : Math.max(nowEpochMs, last + 1);
}

const LAST_SEQ = 0xffffffff;

export class BeatSource {
  readonly #identity: Identity;
  readonly #signer: MessageSigner | null;
  #incarnation: number;
  #seq: number;

  /** `lastSeq`: of the datagram before, in this incarnation; 0 = none yet. */
  constructor(identity: Identity, incarnation: number, lastSeq = 0) {
    this.#identity = identity;
    this.#signer = identity.secret ? new MessageSigner(identity.secret) : null;
    this.#incarnation = incarnation;
    this.#seq = lastSeq;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  get seq(): number {
    return this.#seq;
  }

  /** The next datagram: a fresh array each time. `clockMs` is monotonic, `lateMs` this sender's own delay. */
  next(kind: 'hello' | 'beat' | 'bye', clockMs: number, lateMs: number): Uint8Array {
    if (this.#seq === LAST_SEQ) {
      this.#incarnation++;
      this.#seq = 0;
    }
    this.#seq++;
    const header: BeatHeader = {
      type: MessageType[kind],
      hostId: this.#identity.hostId,
      incarnation: this.#incarnation,
      seq: this.#seq,
      clockMs,
      intervalMs: this.#identity.intervalMs,
      lateMs,
    };
    const bytes = this.#untagged(kind, header);
    return this.#signer === null ? bytes : this.#signer.tagged(bytes);
  }

  #untagged(kind: 'hello' | 'beat' | 'bye', header: BeatHeader): Uint8Array {
    if (kind === 'hello') return encodeHello(header, this.#identity.name, this.#identity.labels);
    const bytes = new Uint8Array(HEADER_BYTES);
    encodeHeader(new DataView(bytes.buffer), 0, header);
    return bytes;
  }
}
