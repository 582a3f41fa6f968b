/**
 * What the kernel says of a socket's queue: SO_MEMINFO, nine 32-bit numbers in one call. Any thread; a reading is
 * 0.5 µs and allocates nothing. Source: linux/sock_diag.h.
 */
import { libc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';
import { SOL_SOCKET } from './udp-socket.ts';

const SO_MEMINFO = 55;
const WORDS = 9;
const PLACE = { receiveQueueBytes: 0, drops: 8 } as const;

export class SocketMemory {
  readonly #memory = new PinnedMemory(4 * (WORDS + 1));

  /** false: this kernel does not say (before 4.12), or the descriptor is no socket; `errno()` tells which. */
  read(fd: number): boolean {
    this.#memory.words[WORDS] = 4 * WORDS;
    const { address } = this.#memory;
    return libc().getsockopt(fd, SOL_SOCKET, SO_MEMINFO, address, address + 4 * WORDS) === 0;
  }

  /** Memory taken by what waits to be read, and at most a quarter of the buffer more: it is given back late. */
  get receiveQueueBytes(): number {
    return this.#memory.words[PLACE.receiveQueueBytes]!;
  }

  /** Datagrams dropped since the socket was opened, modulo 2^32. */
  get drops(): number {
    return this.#memory.words[PLACE.drops]!;
  }
}
