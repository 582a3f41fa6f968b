/**
 * The memory of recvmmsg(2): data slots and, for each family, the message headers that point at them, laid out once
 * and pinned. A call allocates nothing and nothing needs resetting between calls. One thread.
 * Source: struct mmsghdr of 64-bit Linux (x64 and arm64 alike).
 */
import { ERRNO, errno, libc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';
import { SOCKET_ADDRESS } from './udp-socket.ts';

const HEADER = {
  name: 0,
  nameBytes: 8,
  vectors: 16,
  vectorCount: 24,
  /** Written by the kernel: the datagram's length, with MSG_TRUNC its true one. */
  length: 56,
  strideBytes: 64,
} as const;
const VECTOR = { base: 0, sizeBytes: 8, strideBytes: 16 } as const;

const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;

/** Headers and addresses for the sockets of one family, whose addresses always fill the same number of bytes. */
export type FamilyHeaders = {
  readonly headers: PinnedMemory;
  readonly names: PinnedMemory;
};

export class ReceiveSlots {
  readonly count: number;
  /** Bytes of a datagram that are kept. */
  readonly slotBytes: number;
  /** From one slot to the next in `bytes`. */
  readonly strideBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #data: PinnedMemory;
  readonly #ipv4: FamilyHeaders;
  readonly #ipv6: FamilyHeaders;

  constructor(count: number, slotBytes: number) {
    this.count = count;
    this.slotBytes = slotBytes;
    // An odd number of cache lines: with a power of two the first bytes of all slots would share a few places.
    const lines = Math.ceil(slotBytes / 64);
    this.strideBytes = 64 * (lines + 1 - (lines % 2));
    this.#data = new PinnedMemory(count * this.strideBytes);
    this.bytes = this.#data.bytes;
    this.#ipv4 = this.#headers(SOCKET_ADDRESS.ipv4Bytes);
    this.#ipv6 = this.#headers(SOCKET_ADDRESS.ipv6Bytes);
  }

  of(family: 4 | 6): FamilyHeaders {
    return family === 4 ? this.#ipv4 : this.#ipv6;
  }

  /**
   * Takes what waits, at most `count`, without blocking: the number taken. Fewer than `count`: the socket was empty
   * at some instant of the call. Negative: failed, and this is the errno.
   */
  receive(fd: number, { headers }: FamilyHeaders): number {
    const taken = libc().recvmmsg(fd, headers.address, this.count, MSG_DONTWAIT | MSG_TRUNC, 0);
    if (taken >= 0) return taken;
    const number = errno();
    return number === ERRNO.EAGAIN ? 0 : -number;
  }

  /** True length of the datagram in slot `i`, which may be more than the slot kept. */
  lengthOf({ headers }: FamilyHeaders, i: number): number {
    return headers.words[i * (HEADER.strideBytes / 4) + HEADER.length / 4]!;
  }

  /** Word `word` of the sender's socket address in slot `i`, as a big-endian number. */
  nameWord({ names }: FamilyHeaders, i: number, word: number): number {
    const raw = names.words[i * (SOCKET_ADDRESS.strideBytes / 4) + word]!;
    return ((raw << 24) | ((raw & 0xff00) << 8) | ((raw >>> 8) & 0xff00) | (raw >>> 24)) >>> 0;
  }

  #headers(nameBytes: number): FamilyHeaders {
    const headers = new PinnedMemory(this.count * HEADER.strideBytes);
    const names = new PinnedMemory(this.count * SOCKET_ADDRESS.strideBytes);
    const vectors = new PinnedMemory(this.count * VECTOR.strideBytes);
    for (let i = 0; i < this.count; i++) {
      const header = i * HEADER.strideBytes;
      const vector = i * VECTOR.strideBytes;
      headers.setPointer(header + HEADER.name, names.address + i * SOCKET_ADDRESS.strideBytes);
      // The kernel writes the size it used here; within a family it is always this one, so it stays right.
      headers.view.setUint32(header + HEADER.nameBytes, nameBytes, true);
      headers.setPointer(header + HEADER.vectors, vectors.address + vector);
      headers.setPointer(header + HEADER.vectorCount, 1);
      vectors.setPointer(vector + VECTOR.base, this.#data.address + i * this.strideBytes);
      vectors.setPointer(vector + VECTOR.sizeBytes, this.slotBytes);
    }
    return { headers, names };
  }
}
