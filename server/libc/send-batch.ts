/**
 * Many datagrams with one `sendmmsg`: messages stand one behind the other in pinned memory, and the table the kernel
 * reads is written once; a send changes lengths alone. With UDP_SEGMENT one message is many datagrams of one size.
 * Linux, any thread; blocks it for no longer than the socket's send timeout. Cost: 0.3 µs a call over the kernel's.
 */
import { ERRNO, errno, libc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';
import {
  closeSocket,
  connectSocket,
  intOption,
  openUdpSocket,
  SO_SNDBUF,
  SOL_SOCKET,
  SOL_UDP,
  type SocketAddress,
  setIntOption,
  trySetIntOption,
} from './udp-socket.ts';

/** `struct mmsghdr` of 64-bit Linux: a msghdr of 56 bytes, the count of bytes sent, padding. */
const MESSAGE = { iovec: 16, iovecCount: 24, control: 32, controlBytes: 40, strideBytes: 64 } as const;
/** `struct iovec`: address and length. */
const IOVEC = { length: 8, strideBytes: 16 } as const;
/** `struct cmsghdr` with one u16, padded to whole words. */
const CONTROL = { length: 0, level: 8, type: 12, value: 16, usedBytes: 18, paddedBytes: 24 } as const;

const UDP_SEGMENT = 103;
const SO_ERROR = 4;
const SO_SNDTIMEO = 21;
const EIO = 5;
/** The kernel takes no more messages than this in one call. */
const MAX_MESSAGES = 1_024;

/** What the kernel makes of one message with UDP_SEGMENT at most. */
export const MAX_SEGMENTS = 64;
/** The longest UDP payload over IPv4. */
export const MAX_PAYLOAD_BYTES = 65_507;

export type SendLaneOptions = {
  /** Byte at which the first message begins, and from one to the next. */
  readonly at: number;
  readonly strideBytes: number;
  /** At most so many at once. */
  readonly messages: number;
  /** Each message is cut into datagrams of so many bytes, the last one may be shorter; 0: it is one datagram. */
  readonly segmentBytes: number;
};

/** Messages of equal places in one piece of memory. Make few: its tables are never given back. */
export class SendLane {
  readonly #table: PinnedMemory;
  readonly #iovecs: PinnedMemory;
  readonly #fullLength: number;

  constructor(memory: PinnedMemory, { at, strideBytes, messages, segmentBytes }: SendLaneOptions) {
    if (at + messages * strideBytes > memory.bytes.length) {
      throw new RangeError(`${messages} messages of ${strideBytes} bytes from ${at} on are past the memory`);
    }
    if (segmentBytes > 0 && Math.ceil(strideBytes / segmentBytes) > MAX_SEGMENTS) {
      throw new RangeError(`${strideBytes} bytes are more than ${MAX_SEGMENTS} segments of ${segmentBytes}`);
    }
    this.#fullLength = strideBytes;
    this.#table = new PinnedMemory(messages * MESSAGE.strideBytes);
    this.#iovecs = new PinnedMemory(messages * IOVEC.strideBytes);
    const control = segmentBytes > 0 ? segmentControl(segmentBytes) : null;
    for (let i = 0; i < messages; i++) {
      this.#iovecs.setPointer(i * IOVEC.strideBytes, memory.address + at + i * strideBytes);
      this.setLength(i, strideBytes);
      const message = i * MESSAGE.strideBytes;
      this.#table.setPointer(message + MESSAGE.iovec, this.#iovecs.address + i * IOVEC.strideBytes);
      this.#table.view.setUint32(message + MESSAGE.iovecCount, 1, true);
      if (control === null) continue;
      this.#table.setPointer(message + MESSAGE.control, control.address);
      this.#table.view.setUint32(message + MESSAGE.controlBytes, CONTROL.paddedBytes, true);
    }
  }

  /** Message `i` has so many bytes from now on; the whole stride at first. */
  setLength(i: number, lengthBytes: number): void {
    this.#iovecs.view.setUint32(i * IOVEC.strideBytes + IOVEC.length, lengthBytes, true);
  }

  /** Message `i` takes its whole place again. */
  setFull(i: number): void {
    this.setLength(i, this.#fullLength);
  }

  /**
   * Sends messages `from` to `end` (not included) by a connected socket. Gives how many the kernel took, at least 1,
   * or the error's number below zero: then the first of them did not leave.
   */
  send(fd: number, from: number, end: number): number {
    const count = Math.min(MAX_MESSAGES, end - from);
    const taken = libc().sendmmsg(fd, this.#table.address + from * MESSAGE.strideBytes, count, 0);
    return taken > 0 ? taken : -errno();
  }
}

function segmentControl(segmentBytes: number): PinnedMemory {
  const control = new PinnedMemory(CONTROL.paddedBytes);
  control.view.setUint32(CONTROL.length, CONTROL.usedBytes, true);
  control.view.setInt32(CONTROL.level, SOL_UDP, true);
  control.view.setInt32(CONTROL.type, UDP_SEGMENT, true);
  control.view.setUint16(CONTROL.value, segmentBytes, true);
  return control;
}

export type SendSocketOptions = {
  readonly sendBufferBytes: number;
  /** A full send buffer is waited for so long; then EAGAIN. */
  readonly waitMs: number;
};

/** A connected UDP socket that blocks. Throws as Node would, with code, address and port. */
export function openSendSocket(to: SocketAddress, family: 4 | 6, options: SendSocketOptions): number {
  const fd = openUdpSocket(family);
  try {
    setIntOption(fd, SOL_SOCKET, SO_SNDBUF, options.sendBufferBytes);
    setSendTimeout(fd, options.waitMs);
    connectSocket(fd, to);
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

let timeval: PinnedMemory | undefined;

function setSendTimeout(fd: number, waitMs: number): void {
  timeval ??= new PinnedMemory(16);
  timeval.view.setUint32(0, Math.floor(waitMs / 1_000), true);
  timeval.view.setUint32(8, Math.round((waitMs % 1_000) * 1_000), true);
  libc().setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval.address, 16);
}

/** The error number that came back for an earlier datagram (ICMP), and forgets it; 0: none. */
export function pendingError(fd: number): number {
  return intOption(fd, SOL_SOCKET, SO_ERROR);
}

/** Does this kernel know UDP_SEGMENT? The way to the receiver may refuse it all the same, when something is sent. */
export function knowsSegments(fd: number): boolean {
  return trySetIntOption(fd, SOL_UDP, UDP_SEGMENT, 0);
}

/** Would one by one have gone through? Errors of a message that is cut into segments, by numbers below zero. */
export function isSegmentsRefused(result: number): boolean {
  return result === -EIO || result === -ERRNO.EINVAL || result === -ERRNO.EMSGSIZE;
}
