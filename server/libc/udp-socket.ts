/**
 * UDP sockets without Node: opened, bound, connected and asked about through libc, as file descriptors that any
 * thread of the process may use. Setting up only: calls may allocate, and throw errors as Node makes them.
 */
import { networkInterfaces } from 'node:os';
import { addressFamily, addressText, IPV4_MARK, readAddress } from './internet-address.ts';
import { errno, libc, succeed, systemError } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';

export type SocketAddress = { readonly host: string; readonly port: number };

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;

/** Levels and options, the same on x64 and arm64. */
export const SOL_SOCKET = 1;
export const SOL_UDP = 17;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVBUFFORCE = 33;
/** Datagrams that came as one piece are read as one; ours since Linux 5.0. */
export const UDP_GRO = 104;

/** Bytes of a socket address, and where its parts stand; family is in the machine's order, the rest big-endian. */
export const SOCKET_ADDRESS = {
  port: 2,
  ipv4: 4,
  ipv6: 8,
  scope: 24,
  ipv4Bytes: 16,
  ipv6Bytes: 28,
  /** Room for either, aligned. */
  strideBytes: 32,
} as const;

/** One thread, one call at a time: all setting up shares one piece. */
type Scratch = { readonly address: PinnedMemory; readonly value: PinnedMemory };
let made: Scratch | undefined;

function scratch(): Scratch {
  made ??= { address: new PinnedMemory(SOCKET_ADDRESS.strideBytes), value: new PinnedMemory(16) };
  return made;
}

/** A socket of the address's family, closed on exec; IPv6 without IPv4. */
export function openUdpSocket(family: 4 | 6): number {
  const type = SOCK_DGRAM | SOCK_CLOEXEC;
  const fd = succeed(libc().socket(family === 6 ? AF_INET6 : AF_INET, type, 0), 'socket');
  try {
    if (family === 6) setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

export function closeSocket(fd: number): void {
  libc().close(fd);
}

/** Throws with code, address and port. Port 0: any free one. */
export function bindSocket(fd: number, to: SocketAddress): void {
  const sizeBytes = writeAddress(to);
  succeed(libc().bind(fd, scratch().address.address, sizeBytes), 'bind', to);
}

export function connectSocket(fd: number, to: SocketAddress): void {
  const sizeBytes = writeAddress(to);
  succeed(libc().connect(fd, scratch().address.address, sizeBytes), 'connect', to);
}

export function localAddress(fd: number): SocketAddress {
  const { address, value } = scratch();
  value.words[0] = SOCKET_ADDRESS.strideBytes;
  succeed(libc().getsockname(fd, address.address, value.address), 'getsockname');
  return { host: hostIn(address.view, 0), port: address.view.getUint16(SOCKET_ADDRESS.port) };
}

/** Family of the socket's own address. */
export function socketFamily(fd: number): 4 | 6 {
  return addressFamily(localAddress(fd).host) === 6 ? 6 : 4;
}

export function setIntOption(fd: number, level: number, option: number, value: number): void {
  if (!trySetIntOption(fd, level, option, value)) throw systemError(errno(), 'setsockopt');
}

/** false: refused; `errno()` says why. */
export function trySetIntOption(fd: number, level: number, option: number, value: number): boolean {
  const memory = scratch().value;
  memory.words[0] = value;
  return libc().setsockopt(fd, level, option, memory.address, 4) === 0;
}

export function intOption(fd: number, level: number, option: number): number {
  const memory = scratch().value;
  memory.words[0] = 0;
  memory.words[2] = 4;
  succeed(libc().getsockopt(fd, level, option, memory.address, memory.address + 8), 'getsockopt');
  return memory.words[0];
}

/** Writes to the scratch memory and gives the size in bytes. */
function writeAddress({ host, port }: SocketAddress): number {
  const { bytes, view } = scratch().address;
  const words = new Uint32Array(4);
  if (!readAddress(host, words))
    throw new TypeError(`${JSON.stringify(host)} is not an IPv4 or IPv6 address`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port ${port} is not one from 0 to 65535`);
  }
  bytes.fill(0);
  view.setUint16(SOCKET_ADDRESS.port, port);
  if (addressFamily(host) === 4) {
    view.setUint16(0, AF_INET, true);
    view.setUint32(SOCKET_ADDRESS.ipv4, words[3]!);
    return SOCKET_ADDRESS.ipv4Bytes;
  }
  view.setUint16(0, AF_INET6, true);
  for (let i = 0; i < 4; i++) view.setUint32(SOCKET_ADDRESS.ipv6 + 4 * i, words[i]!);
  view.setUint32(SOCKET_ADDRESS.scope, scopeOf(host), true);
  return SOCKET_ADDRESS.ipv6Bytes;
}

function hostIn(view: DataView, at: number): string {
  if (view.getUint16(at, true) === AF_INET) {
    return addressText(0, 0, IPV4_MARK, view.getUint32(at + SOCKET_ADDRESS.ipv4));
  }
  const word = (i: number): number => view.getUint32(at + SOCKET_ADDRESS.ipv6 + 4 * i);
  return addressText(word(0), word(1), word(2), word(3));
}

/** Number of the interface named after `%`; 0 when none is named. */
function scopeOf(host: string): number {
  const [, zone] = host.split('%');
  if (zone === undefined) return 0;
  if (/^\d+$/.test(zone)) return Number(zone);
  const found = networkInterfaces()[zone]?.find((each) => each.family === 'IPv6' && each.scopeid > 0);
  if (found?.family !== 'IPv6') throw new TypeError(`${JSON.stringify(zone)} is not a network interface`);
  return found.scopeid;
}
