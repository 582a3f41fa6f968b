/**
 * Receiver over recvmmsg(2): up to 256 pieces a call into pinned memory, in the thread of a shard's worker, which then
 * has no event loop of its own. A piece is a datagram, or several of one sender that the kernel kept together
 * (UDP_GRO). The sockets are main's. A socket found empty moves the horizon; where one is never found empty, so much
 * is read that what waited at an instant is through. Cost: 0.02 µs a datagram of ours.
 */
import { sleepUs } from '../../libc/kernel-clock.ts';
import { ERRNO, systemError } from '../../libc/libc.ts';
import { PollSet } from '../../libc/poll-set.ts';
import { type FamilyHeaders, ReceiveSlots } from '../../libc/receive-slots.ts';
import { SocketMemory } from '../../libc/socket-memory.ts';
import { intOption, localAddress, SO_RCVBUF, SOL_SOCKET, socketFamily } from '../../libc/udp-socket.ts';
import type { BoundAddress } from '../shard-messages.ts';
import type { SourceBook } from '../source-book.ts';
import type { BlockingReceiver, ReceiverHandlers } from './receiver.ts';

/** More do not make a datagram cheaper, and cost cache. */
const BATCH = 256;

/** A batch ends after about so many datagrams, so that what else the thread has to do need not wait for long. */
const BATCH_DATAGRAMS = 4_096;

/** The longest a piece can be. Memory that nothing was written to is not taken. */
const SLOT_BYTES = 65_536;
/** No heartbeat is so long (1,681 bytes at most): of what is longer this is handed out, and wrong whatever follows. */
const CUT_BYTES = 2_048;

/**
 * The least memory a waiting datagram takes in any 64-bit kernel: its descriptor and the block its bytes stand in
 * (832 bytes are usual). So a queue of n bytes has been read at the latest when n / 512 datagrams have.
 */
const LEAST_DATAGRAM_BYTES = 512;

/**
 * While datagrams come one after the other each would wake the thread; slept over for a millisecond they come as a
 * batch. Measured on two cores: 0.8 µs of CPU a beat instead of 2.0 at 50,000 a second.
 */
const NAP_US = 1_000;
/** So many between two waits, and it is worth it: with fewer the sleep costs what it saves. */
const NAP_FROM = 2;
/** A datagram as the kernel counts it, beside its bytes, and the share of the buffer that a nap may let fill. */
const USUAL_DATAGRAM_BYTES = 832;
const NAP_BUFFER_SHARE = 1 / 8;

/** They pass; whether anything waits is not known then. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([
  0,
  ERRNO.EINTR,
  ERRNO.ENOMEM,
  ERRNO.ENOBUFS,
  ERRNO.ECONNREFUSED,
]);

/** The same error so often, and the socket is given up. */
const FAILURES_IN_A_ROW = 8;

class ReadSocket {
  readonly fd: number;
  readonly family: 4 | 6;
  readonly headers: FamilyHeaders;
  readonly address: BoundAddress;
  readonly #memory = new SocketMemory();
  horizonMs = Number.NEGATIVE_INFINITY;
  failed = false;
  /** In a row, of the same number. */
  failures = 0;
  lastErrno = 0;
  #wasEmpty = false;
  /** When so many more bytes have been read, all that waited at that instant has been; Infinity: not being counted. */
  #left = Number.POSITIVE_INFINITY;
  #leftAtMs = 0;
  #lastDrops = 0;
  drops = 0;
  /** Pieces and datagrams read since drops were counted, and how many datagrams a piece was when any were. */
  #pieces = 0;
  #datagrams = 0;
  #aPiece = 1;

  constructor(fd: number, slots: ReceiveSlots) {
    this.fd = fd;
    this.family = socketFamily(fd);
    this.headers = slots.of(this.family);
    this.address = localAddress(fd);
  }

  /** Found empty by a call that began at `atMs`. */
  empty(atMs: number): void {
    this.horizonMs = atMs;
    this.#wasEmpty = true;
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** Pieces to ask for: not so many that they would be far more datagrams than a batch should be. */
  get most(): number {
    return Math.min(BATCH, Math.ceil(BATCH_DATAGRAMS / this.#aPiece));
  }

  read(pieces: number, datagrams: number): void {
    this.#pieces += pieces;
    this.#datagrams += datagrams;
  }

  /** So many pieces of so many bytes were read and there may be more. Did the horizon move? */
  full(pieces: number, bytes: number, nowMs: number): boolean {
    // They took that much of the queue at least.
    this.#left -= Math.max(pieces * LEAST_DATAGRAM_BYTES, bytes);
    if (this.#left > 0) return false;
    this.horizonMs = Math.max(this.horizonMs, this.#leftAtMs);
    this.#countFrom(nowMs);
    return true;
  }

  /** Called each tick: a socket that was not empty since the last one is counted through. */
  mark(nowMs: number): void {
    if (!this.#wasEmpty && this.#left === Number.POSITIVE_INFINITY) this.#countFrom(nowMs);
    this.#wasEmpty = false;
  }

  /** Datagrams. The kernel counts pieces: those dropped are taken to be as large as those read meanwhile. */
  countDrops(): number {
    if (this.#pieces > 0) this.#aPiece = this.#datagrams / this.#pieces;
    this.#pieces = 0;
    this.#datagrams = 0;
    if (!this.failed && this.#memory.read(this.fd)) {
      // The kernel's own count wraps at 2^32.
      this.drops += Math.round(((this.#memory.drops - this.#lastDrops) >>> 0) * this.#aPiece);
      this.#lastDrops = this.#memory.drops;
    }
    return this.drops;
  }

  #countFrom(nowMs: number): void {
    this.#leftAtMs = nowMs;
    this.#left = this.#memory.read(this.fd) ? this.#memory.receiveQueueBytes : Number.POSITIVE_INFINITY;
  }
}

/** Reads descriptors of sockets from `openHeartbeatSockets`; `clock` is the handlers'. Throws when one is no socket. */
export function openRecvmmsgReceiver(
  fds: readonly number[],
  sources: SourceBook,
  clock: () => number,
  handlers: ReceiverHandlers,
): BlockingReceiver {
  return new RecvmmsgReceiver(fds, sources, clock, handlers);
}

class RecvmmsgReceiver implements BlockingReceiver {
  readonly addresses: readonly BoundAddress[];
  readonly receiveBufferBytes: number;
  readonly #slots = new ReceiveSlots(BATCH, SLOT_BYTES);
  readonly #sockets: readonly ReadSocket[];
  readonly #poll: PollSet;
  readonly #sources: SourceBook;
  readonly #clock: () => number;
  readonly #handlers: ReceiverHandlers;
  /** A socket gave as many as were asked for: look again before waiting. */
  #more = false;
  /** Pieces, and bytes as the kernel counts them, about. */
  #readSinceWait = 0;
  #bytesSinceWait = 0;
  /** Of the datagrams handed out last. */
  #batchBytes = 0;
  /** Reading failed in a way that passes: not again at once. */
  #troubled = false;
  /** More bytes than this between two waits, and a nap would endanger what comes in it. */
  readonly #napUpTo: number;

  constructor(fds: readonly number[], sources: SourceBook, clock: () => number, handlers: ReceiverHandlers) {
    this.#sockets = fds.map((fd) => new ReadSocket(fd, this.#slots));
    this.#poll = new PollSet(fds);
    this.#sources = sources;
    this.#clock = clock;
    this.#handlers = handlers;
    this.addresses = this.#sockets.map(({ address }) => address);
    this.receiveBufferBytes = Math.min(...fds.map((fd) => intOption(fd, SOL_SOCKET, SO_RCVBUF)));
    this.#napUpTo = this.receiveBufferBytes * NAP_BUFFER_SHARE;
  }

  read(waitMs: number): number {
    if (!this.#more && waitMs > 0) this.#wait(waitMs);
    this.#more = false;
    let handedOut = 0;
    let moved = false;
    for (const socket of this.#sockets) {
      if (socket.failed) continue;
      const beforeMs = this.#clock();
      const { most } = socket;
      const taken = this.#slots.receive(socket.fd, socket.headers, most);
      if (taken < 0) {
        this.#fail(socket, -taken);
        continue;
      }
      socket.failures = 0;
      if (taken > 0) {
        this.#handlers.onBatch();
        const datagrams = this.#handOut(socket, taken);
        socket.read(taken, datagrams);
        handedOut += datagrams;
        this.#readSinceWait += taken;
        this.#bytesSinceWait += taken * USUAL_DATAGRAM_BYTES + this.#batchBytes;
      }
      if (taken < most) {
        socket.empty(beforeMs);
        moved = true;
      } else {
        this.#more = true;
        if (socket.full(taken, this.#batchBytes, beforeMs)) moved = true;
      }
    }
    if (moved) this.#handlers.onHorizon();
    return handedOut;
  }

  mark(nowMs: number): void {
    for (const socket of this.#sockets) socket.mark(nowMs);
  }

  horizonMs(): number {
    let horizonMs = Number.POSITIVE_INFINITY;
    for (const socket of this.#sockets) horizonMs = Math.min(horizonMs, socket.horizonMs);
    return horizonMs;
  }

  kernelDrops(): number {
    let drops = 0;
    for (const socket of this.#sockets) drops += socket.countDrops();
    return drops;
  }

  /** The descriptors stay open: they are main's. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.failed = true;
  }

  #wait(waitMs: number): void {
    const isWorthIt = this.#readSinceWait >= NAP_FROM && this.#bytesSinceWait <= this.#napUpTo;
    const naps = this.#troubled || isWorthIt;
    this.#troubled = false;
    this.#readSinceWait = 0;
    this.#bytesSinceWait = 0;
    if (naps) sleepUs(Math.min(NAP_US, Math.ceil(waitMs * 1_000)));
    else this.#poll.wait(Math.ceil(waitMs));
  }

  /** Gives the number of datagrams. */
  #handOut({ headers, family }: ReadSocket, taken: number): number {
    const slots = this.#slots;
    const { bytes, strideBytes } = slots;
    let extra = 0;
    this.#batchBytes = 0;
    for (let i = 0; i < taken; i++) {
      const length = slots.lengthOf(headers, i);
      this.#batchBytes += length;
      const segment = slots.segmentOf(headers, i);
      const source = family === 4 ? this.#sourceIpv4(headers, i) : this.#sourceIpv6(headers, i);
      const at = i * strideBytes;
      if (segment === 0 || segment >= length) {
        this.#handlers.onDatagram(bytes, at, Math.min(length, CUT_BYTES), source);
        continue;
      }
      for (let from = 0; from < length; from += segment) {
        const own = Math.min(segment, length - from);
        this.#handlers.onDatagram(bytes, at + from, Math.min(own, CUT_BYTES), source);
      }
      extra += Math.ceil(length / segment) - 1;
    }
    return taken + extra;
  }

  #sourceIpv4(headers: FamilyHeaders, i: number): number {
    return this.#sources.ofIpv4(this.#slots.nameWord(headers, i, 1));
  }

  #sourceIpv6(headers: FamilyHeaders, i: number): number {
    const slots = this.#slots;
    return this.#sources.ofWords(
      slots.nameWord(headers, i, 2),
      slots.nameWord(headers, i, 3),
      slots.nameWord(headers, i, 4),
      slots.nameWord(headers, i, 5),
    );
  }

  #fail(socket: ReadSocket, number: number): void {
    this.#troubled = true;
    // Node's own work between the call and the look at errno may put another number there: it is not believed at once.
    socket.failures = number === socket.lastErrno ? socket.failures + 1 : 1;
    socket.lastErrno = number;
    if (PASSING_ERRORS.has(number) || socket.failures < FAILURES_IN_A_ROW) return;
    socket.failed = true;
    this.#poll.leaveOut(this.#sockets.indexOf(socket));
    this.#handlers.onFault(systemError(number, 'recvmmsg', socket.address));
  }
}
