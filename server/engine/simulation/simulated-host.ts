/**
 * One host of the simulation: beats in its rhythm with a run and seqs, hellos among them, byes, deaths, new labels.
 * Knows the truth about itself: what it sent, what was lost on the way. Pure: time and chance are handed in.
 */
import { encodeHeader, encodeHello, MessageType } from '../../../lib/protocol/heartbeat.ts';
import { canonicalLabels } from '../../../lib/protocol/host.ts';
import { hostIdBytes, hostIdHex } from '../../host-id.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Share of its interval that a beat may be late. */
const JITTER = 0.05;
const HELLO_EVERY = 7;
const ARRIVALS_KEPT = 16;

export type Message = {
  readonly host: SimulatedHost;
  readonly bytes: Uint8Array;
  readonly bye: boolean;
  readonly seq: number;
  readonly incarnation: number;
  readonly intervalMs: number;
  /** Value of its label, when the message says it. */
  readonly label: string | null;
};

export class SimulatedHost {
  readonly name: string;
  readonly id: string;
  intervalMs: number;
  label: string;
  isAlive = true;
  diedAtMs = Number.NaN;
  /** When it last changed its interval. */
  changedAtMs = Number.NEGATIVE_INFINITY;
  /** Beats sent since the newest one that arrived while somebody listened. */
  lostInARow = 0;
  #arrivedSeq = 0;
  /** The newest arrivals, and what was lost in a row before each. */
  readonly #arrivals: { readonly atMs: number; readonly lost: number }[] = [];
  #idBytes: Uint8Array;
  #incarnation: number;
  #seq = 0;
  #dueAtMs: number;
  #hello = true;

  constructor(name: string, intervalMs: number, label: string, startAtMs: number) {
    this.name = name;
    this.id = hostIdHex(name);
    this.#idBytes = hostIdBytes(name);
    this.intervalMs = intervalMs;
    this.label = label;
    this.#incarnation = Math.floor(startAtMs);
    this.#dueAtMs = startAtMs;
  }

  /** What it sends up to now. */
  due(nowMs: number, random: SeededRandom): Message[] {
    const messages: Message[] = [];
    while (this.isAlive && this.#dueAtMs <= nowMs) {
      this.#dueAtMs += this.intervalMs * (1 + random.between(-JITTER, JITTER));
      messages.push(this.#message(this.#hello || this.#seq % HELLO_EVERY === 0 ? 'hello' : 'beat'));
      this.#hello = false;
    }
    return messages;
  }

  die(nowMs: number): void {
    this.isAlive = false;
    this.diedAtMs = nowMs;
  }

  /** It came to a server that listens. */
  arrived(message: Message, nowMs: number): void {
    if (message.incarnation !== this.#incarnation || message.seq <= this.#arrivedSeq) return;
    this.#arrivedSeq = message.seq;
    this.#arrivals.push({ atMs: nowMs, lost: this.lostInARow });
    if (this.#arrivals.length > ARRIVALS_KEPT) this.#arrivals.shift();
    this.lostInARow = 0;
  }

  /** Beats in a row of which none had arrived up to an instant, those that were sent later left in. */
  lostAsOf(atMs: number): number {
    return this.#arrivals.find(({ atMs: arrivedAtMs }) => arrivedAtMs > atMs)?.lost ?? this.lostInARow;
  }

  /** From the next beat on. */
  changeInterval(intervalMs: number, nowMs: number): void {
    this.intervalMs = intervalMs;
    this.changedAtMs = nowMs;
  }

  /** Leaves as planned. */
  leave(nowMs: number): Message {
    this.die(nowMs);
    return this.#message('bye');
  }

  /** Begins again, as another run. */
  restart(nowMs: number): void {
    this.isAlive = true;
    this.#incarnation = Math.max(this.#incarnation + 1, Math.floor(nowMs));
    this.#seq = 0;
    this.#arrivedSeq = 0;
    this.#arrivals.length = 0;
    this.#dueAtMs = nowMs;
    this.#hello = true;
    // While it was dead nothing came either: any silence up to its first arrival is explained.
    this.lostInARow = Number.POSITIVE_INFINITY;
  }

  relabel(label: string): void {
    this.label = label;
    this.#hello = true;
  }

  #message(kind: 'beat' | 'hello' | 'bye'): Message {
    this.#seq++;
    const header = {
      type: MessageType[kind],
      hostId: this.#idBytes,
      incarnation: this.#incarnation,
      seq: this.#seq,
      clockMs: 0,
      intervalMs: this.intervalMs,
      lateMs: 0,
    };
    let bytes: Uint8Array = new Uint8Array(32);
    if (kind === 'hello') bytes = encodeHello(header, this.name, canonicalLabels([['d', this.label]]));
    else encodeHeader(new DataView(bytes.buffer), 0, header);
    return {
      ...{ host: this, bytes, bye: kind === 'bye', seq: this.#seq, incarnation: this.#incarnation },
      ...{ intervalMs: this.intervalMs, label: kind === 'hello' ? this.label : null },
    };
  }
}
