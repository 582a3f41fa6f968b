/**
 * Markers a dgram socket sends itself: what it has behind it when one comes back, it has read. Where shards share a
 * port the kernel may bring a marker to another of them, by the port it was sent from: several are tried until one
 * is found whose markers come back. Owned by one socket; a marker costs about 5 µs, one a tick.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

/** 0x00, which no heartbeat begins with; the family's mark; the socket's own secret; who sent it; its instant. */
const MARKER = { first: 0x00, family: 1, secret: 5, lane: 21, instant: 22, bytes: 30 } as const;
const FAMILY_BYTES = 4;
const SECRET_BYTES = 16;

/** With n shards each finds the way to ours with a chance of 1 to n. */
const LANES = 4;
/** Ticks without a marker back after which all lanes are tried again, and then new ones. */
const PATIENCE_MARKS = 10;
const NO_LANE = -1;

/** Number that shards of one port have in common → mark by which they know each other's markers, and drop them. */
export function familyMark(shared: number): Uint8Array {
  return createHash('sha256').update(`pulsewatch marker ${shared}`).digest().subarray(0, FAMILY_BYTES);
}

export type Marked = 'ours' | 'sibling' | 'no';

/** A marker that has not come back by then was lost. */
const LOST_AFTER_MS = 1_000;

export class Markers {
  readonly #template = Buffer.alloc(MARKER.bytes);
  readonly #own: Socket;
  readonly #isShared: boolean;
  #lanes: Socket[] = [];
  /** The lane whose marker came back last. */
  #proven = NO_LANE;
  #unanswered = 0;
  #horizonMs = Number.NEGATIVE_INFINITY;
  /** Instants of those under way, ascending; of a shared port only while the way is proven. */
  readonly #underWay: number[] = [];
  lost = 0;
  back = 0;

  /** family: null when no other socket shares the port. */
  constructor(own: Socket, family: Uint8Array | null) {
    this.#own = own;
    this.#isShared = family !== null;
    this.#template[0] = MARKER.first;
    this.#template.set(family ?? randomBytes(FAMILY_BYTES), MARKER.family);
    this.#template.set(randomBytes(SECRET_BYTES), MARKER.secret);
  }

  /** All that arrived up to this instant has been read. */
  get horizonMs(): number {
    return this.#horizonMs;
  }

  /** Sends one that stands for `nowMs`. One that cannot be sent does not come back: the horizon stays. */
  mark(nowMs: number): void {
    this.#unanswered++;
    while (this.#underWay.length > 0 && nowMs - this.#underWay[0]! > LOST_AFTER_MS) {
      this.#underWay.shift();
      this.lost++;
    }
    if (!this.#isShared || this.#proven !== NO_LANE) this.#underWay.push(nowMs);
    if (!this.#isShared) {
      this.#send(this.#own, 0, nowMs);
      return;
    }
    if (this.#unanswered % PATIENCE_MARKS === 0 || this.#lanes.length === 0) this.#renewLanes();
    for (const [lane, socket] of this.#lanes.entries()) {
      if (this.#proven === NO_LANE || this.#proven === lane) this.#send(socket, lane, nowMs);
    }
  }

  /** Looks whether it is a marker, and takes note. Only this socket knows its secret; an older one changes nothing. */
  take(bytes: Buffer): Marked {
    if (bytes.length !== MARKER.bytes || bytes[0] !== MARKER.first) return 'no';
    const template = this.#template;
    if (bytes.compare(template, 0, MARKER.secret, 0, MARKER.secret) !== 0) return 'no';
    if (bytes.compare(template, MARKER.secret, MARKER.lane, MARKER.secret, MARKER.lane) !== 0)
      return 'sibling';
    this.#proven = bytes[MARKER.lane]!;
    this.#unanswered = 0;
    const atMs = bytes.readDoubleLE(MARKER.instant);
    this.#cameBack(atMs);
    this.#horizonMs = Math.max(this.#horizonMs, atMs);
    return 'ours';
  }

  /** A socket keeps the order: those sent before this one are lost. */
  #cameBack(atMs: number): void {
    const underWay = this.#underWay;
    while (underWay.length > 0 && underWay[0]! < atMs) {
      underWay.shift();
      this.lost++;
    }
    if (underWay[0] !== atMs) return;
    underWay.shift();
    this.back++;
  }

  close(): void {
    for (const socket of this.#lanes.splice(0)) socket.close();
  }

  #send(from: Socket, lane: number, nowMs: number): void {
    const { address, port } = this.#own.address();
    // A socket bound to every address hears itself on loopback.
    const target = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    // The instant is the counter too: it never repeats and never steps back. A copy, because the send is queued.
    const marker = Buffer.from(this.#template);
    marker[MARKER.lane] = lane;
    marker.writeDoubleLE(nowMs, MARKER.instant);
    from.send(marker, port, target, () => {});
  }

  /** A proven lane that fell silent is not trusted any longer; when all fell silent, their ports lead elsewhere. */
  #renewLanes(): void {
    if (this.#proven !== NO_LANE) {
      this.#proven = NO_LANE;
      return;
    }
    this.close();
    const ipv6 = this.#own.address().family === 'IPv6';
    this.#lanes = Array.from({ length: LANES }, () => {
      const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4' });
      // What somebody sends there is nothing to us, and neither is that a send failed.
      socket.on('error', () => {});
      return socket;
    });
  }
}
