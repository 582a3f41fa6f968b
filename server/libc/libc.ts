/**
 * The C library's calls we use, as typed functions: numbers in, a number out, -1 for failure as in C. Pointers are
 * addresses of PinnedMemory. Any thread of Linux on x64 or arm64; loaded when first asked for.
 * Cost: 0.25 µs a call over the system call itself; no allocation.
 */
import { getSystemErrorName } from 'node:util';
import { koffi } from './koffi.ts';

/** Address of PinnedMemory, or of a byte in it; 0 = none. */
export type Pointer = number;

export type Libc = {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Pointer, sizeBytes: number): number;
  connect(fd: number, address: Pointer, sizeBytes: number): number;
  setsockopt(fd: number, level: number, option: number, value: Pointer, sizeBytes: number): number;
  getsockopt(fd: number, level: number, option: number, value: Pointer, sizeBytes: Pointer): number;
  getsockname(fd: number, address: Pointer, sizeBytes: Pointer): number;
  close(fd: number): number;
  /** Blocks the thread: ms, -1 = without end. */
  poll(fds: Pointer, count: number, timeoutMs: number): number;
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer): number;
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  clock_gettime(clock: number, timespec: Pointer): number;
  /** Blocks the thread. */
  nanosleep(timespec: Pointer, rest: Pointer): number;
};

let bound: Libc | undefined;

/** Throws when this is not a system it can be had on: ask `whyNoLibc` first. */
export function libc(): Libc {
  bound ??= bindLibc();
  return bound;
}

function bindLibc(): Libc {
  const why = unfitSystem();
  if (why !== null) throw new Error(`no system calls here: ${why}`);
  const library = koffi().load('libc.so.6');
  const int = 'int';
  const pointer = 'uint64_t';
  const size = 'uint32_t';
  return {
    socket: library.func('socket', int, [int, int, int]),
    bind: library.func('bind', int, [int, pointer, size]),
    connect: library.func('connect', int, [int, pointer, size]),
    setsockopt: library.func('setsockopt', int, [int, int, int, pointer, size]),
    getsockopt: library.func('getsockopt', int, [int, int, int, pointer, pointer]),
    getsockname: library.func('getsockname', int, [int, pointer, pointer]),
    close: library.func('close', int, [int]),
    poll: library.func('poll', int, [pointer, 'uint64_t', int]),
    recvmmsg: library.func('recvmmsg', int, [int, pointer, 'uint32_t', int, pointer]),
    sendmmsg: library.func('sendmmsg', int, [int, pointer, 'uint32_t', int]),
    clock_gettime: library.func('clock_gettime', int, [int, pointer]),
    nanosleep: library.func('nanosleep', int, [pointer, pointer]),
  };
}

function unfitSystem(): string | null {
  if (process.platform !== 'linux') return `the system is ${process.platform}, not Linux`;
  // The layouts and numbers here are those of these two, which agree.
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    return `the processor is ${process.arch}, not x64 or arm64`;
  return null;
}

/** null: `libc()` works here. Else why not, in words. */
export function whyNoLibc(): string | null {
  const why = unfitSystem();
  if (why !== null) return why;
  try {
    libc();
    return null;
  } catch (error) {
    return `koffi or libc.so.6 does not load: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Of the call that failed last in this thread. Read it before anything else is called. */
export function errno(): number {
  return koffi().errno();
}

export const ERRNO = {
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EINVAL: 22,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EADDRINUSE: 98,
  ENOBUFS: 105,
  ECONNREFUSED: 111,
} as const;

/** The error Node would have made: `bind EADDRINUSE 127.0.0.1:9990` with errno, code, syscall, address and port. */
export function systemError(
  number: number,
  syscall: string,
  where?: { readonly host: string; readonly port: number },
): NodeJS.ErrnoException {
  // 0: something reset it before it was read.
  const code = number > 0 ? getSystemErrorName(-number) : `errno ${number}`;
  const place = where === undefined ? '' : ` ${where.host}:${where.port}`;
  const fields = where === undefined ? {} : { address: where.host, port: where.port };
  return Object.assign(new Error(`${syscall} ${code}${place}`), { errno: -number, code, syscall, ...fields });
}

/** The result of a call that must not fail; throws `systemError`. */
export function succeed(
  result: number,
  syscall: string,
  where?: { readonly host: string; readonly port: number },
): number {
  if (result === -1) throw systemError(errno(), syscall, where);
  return result;
}
