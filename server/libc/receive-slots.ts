/**
 * The memory of recvmmsg(2): data slots and, for each family, the message headers that point at them, laid out once
 * and pinned. A call allocates nothing; what the kernel changed in a header is put right when it is looked at.
 * A slot holds one datagram, or several of one sender that came as one piece (UDP_GRO). One thread.
 * Source: struct mmsghdr and cmsghdr of 64-bit Linux (x64 and arm64 alike).
 */
import { ERRNO, errno, libc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';
import { SOCKET_ADDRESS, SOL_UDP, UDP_GRO } from './udp-socket.ts';

const HEADER = {
  name: 0,
  nameBytes: 8,
  vectors: 16,
  vectorCount: 24,
  control: 32,
  /** Written by the kernel: what it used of the room for control messages. */
  controlBytes: 40,
  /** Written by the kernel: the datagram's length, with MSG_TRUNC its true one. */
  length: 56,
  strideBytes: 64,
} as const;
/** One control message with one Int32: how long each datagram of the piece is, the last at most. */
const CONTROL = { level: 8, type: 12, value: 16, roomBytes: 24, strideBytes: 32 } as const;
const VECTOR = { base: 0, sizeBytes: 8, strideBytes: 16 } as const;

const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;

/** Headers and addresses for the sockets of one family, whose addresses always fill the same number of bytes. */
export type FamilyHeaders = {
  readonly headers: PinnedMemory;
  readonly names: PinnedMemory;
  readonly controls: PinnedMemory;
};

export class ReceiveSlots {
  readonly count: number;
  /** Bytes that are kept of what came. */
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
   * Takes what waits, at most `most` (`count` at most), without blocking: the number of slots filled. Fewer than
   * `most`: the socket was empty at some instant of the call. Negative: failed, and this is the errno. `segmentOf`
   * is to be called for every slot before the next call.
   */
  receive(fd: number, { headers }: FamilyHeaders, most: number): number {
    const taken = libc().recvmmsg(fd, headers.address, most, MSG_DONTWAIT | MSG_TRUNC, 0);
    if (taken >= 0) return taken;
    const number = errno();
    return number === ERRNO.EAGAIN ? 0 : -number;
  }

  /** Bytes of each datagram in slot `i` where several came as one piece, the last may have fewer; 0: it is one. */
  segmentOf({ headers, controls }: FamilyHeaders, i: number): number {
    const used = (i * HEADER.strideBytes + HEADER.controlBytes) / 4;
    if (headers.words[used] === 0) {
      headers.words[used] = CONTROL.roomBytes;
      return 0;
    }
    headers.words[used] = CONTROL.roomBytes;
    const { words } = controls;
    const at = (i * CONTROL.strideBytes) / 4;
    const isSize = words[at + CONTROL.level / 4] === SOL_UDP && words[at + CONTROL.type / 4] === UDP_GRO;
    return isSize ? words[at + CONTROL.value / 4]! : 0;
  }

  /** True length of what is in slot `i`, which may be more than the slot kept. */
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
    const controls = new PinnedMemory(this.count * CONTROL.strideBytes);
    const vectors = new PinnedMemory(this.count * VECTOR.strideBytes);
    for (let i = 0; i < this.count; i++) {
      const header = i * HEADER.strideBytes;
      const vector = i * VECTOR.strideBytes;
      headers.setPointer(header + HEADER.name, names.address + i * SOCKET_ADDRESS.strideBytes);
      // The kernel writes the size it used here; within a family it is always this one, so it stays right.
      headers.view.setUint32(header + HEADER.nameBytes, nameBytes, true);
      headers.setPointer(header + HEADER.vectors, vectors.address + vector);
      headers.setPointer(header + HEADER.vectorCount, 1);
      headers.setPointer(header + HEADER.control, controls.address + i * CONTROL.strideBytes);
      headers.setPointer(header + HEADER.controlBytes, CONTROL.roomBytes);
      vectors.setPointer(vector + VECTOR.base, this.#data.address + i * this.strideBytes);
      vectors.setPointer(vector + VECTOR.sizeBytes, this.slotBytes);
    }
    return { headers, names, controls };
  }
}
