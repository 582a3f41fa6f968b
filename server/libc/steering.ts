/**
 * Spreads what arrives at one port over the sockets that share it, in the kernel, by a number in the payload: a
 * classic BPF program on a group of SO_REUSEPORT sockets. Setting up only.
 */
import { libc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';
import { SOL_SOCKET } from './udp-socket.ts';

const SO_ATTACH_REUSEPORT_CBPF = 51;

const BPF = {
  /** A = the 32-bit word at offset k, big-endian; past the end the program gives 0. */
  loadWord: 0x20,
  modulo: 0x94,
  returnA: 0x16,
} as const;
const INSTRUCTION_BYTES = 8;
const INSTRUCTIONS = 3;

/**
 * Datagrams go to the socket whose place in the group, in the order of binding, is BE32(payload at `offset`) modulo
 * `sockets`; shorter ones to the first. false: not to be had here; `errno()` says why. `fd` is any bound one of the group.
 */
export function steerByWord(fd: number, offset: number, sockets: number): boolean {
  const program = new PinnedMemory(INSTRUCTIONS * INSTRUCTION_BYTES);
  const instruction = (place: number, code: number, k: number): void => {
    program.view.setUint16(place * INSTRUCTION_BYTES, code, true);
    program.view.setUint32(place * INSTRUCTION_BYTES + 4, k, true);
  };
  instruction(0, BPF.loadWord, offset);
  instruction(1, BPF.modulo, sockets);
  instruction(2, BPF.returnA, 0);
  const description = new PinnedMemory(16);
  description.view.setUint16(0, INSTRUCTIONS, true);
  description.setPointer(8, program.address);
  return libc().setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, description.address, 16) === 0;
}
