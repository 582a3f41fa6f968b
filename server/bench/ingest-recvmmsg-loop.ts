/**
 * What the controls of the ingest benchmark read with: recvmmsg through the same libc, in a worker, for ever. Written
 * apart from the engine's receiver on purpose: blocking, no source addresses, nothing but the call.
 */
import { parentPort } from 'node:worker_threads';
import { libc, succeed } from '../libc/libc.ts';
import { PinnedMemory } from '../libc/pinned-memory.ts';
import {
  bindSocket,
  intOption,
  localAddress,
  openUdpSocket,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_SOCKET,
  SOL_UDP,
  trySetIntOption,
  UDP_GRO,
} from '../libc/udp-socket.ts';
import { DISCARD_BUFFER_BYTES } from './ingest-messages.ts';

const MESSAGES = 256;
/** A datagram's place: more than any of ours needs. */
const PLACE_BYTES = 1_536;
/** Of datagrams that come as one piece. */
const PIECE_BYTES = 65_600;
const CONTROL_WORDS = 8;
const CONTROL_BYTES = 24;
const CONTROL_BYTES_WORD = 10;
const SEGMENT_WORD = 4;
const HEADER_WORDS = 16;
const LENGTH_WORD = 14;
const MSG_WAITFORONE = 0x1_0000;
const SO_RCVTIMEO = 20;

/** The memory of a batch, and where its datagrams stand in it. */
export type Batch = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly strideBytes: number;
  lengthOf(i: number): number;
};

/**
 * Tells the port, then counts datagrams in `count[0]` until the process is killed; `look` sees each batch before it
 * counts. `pieces`: datagrams that came as one piece are read as one (UDP_GRO) and counted singly.
 */
export function readForEver(
  count: Float64Array,
  { look, pieces = false }: { look?: (batch: Batch, taken: number) => void; pieces?: boolean } = {},
): never {
  const fd = openUdpSocket(4);
  if (pieces && !trySetIntOption(fd, SOL_UDP, UDP_GRO, 1)) throw new Error('the kernel knows no UDP_GRO');
  if (!trySetIntOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, DISCARD_BUFFER_BYTES)) {
    trySetIntOption(fd, SOL_SOCKET, SO_RCVBUF, DISCARD_BUFFER_BYTES);
  }
  const everyMs = new PinnedMemory(16);
  everyMs.setPointer(8, 50_000);
  succeed(libc().setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, everyMs.address, 16), 'setsockopt');
  bindSocket(fd, { host: '127.0.0.1', port: 0 });

  const placeBytes = pieces ? PIECE_BYTES : PLACE_BYTES;
  const places = new PinnedMemory(MESSAGES * placeBytes);
  const vectors = new PinnedMemory(MESSAGES * 16);
  const headers = new PinnedMemory(MESSAGES * 4 * HEADER_WORDS);
  const controls = new PinnedMemory(MESSAGES * 4 * CONTROL_WORDS);
  for (let i = 0; i < MESSAGES; i++) {
    vectors.setPointer(i * 16, places.address + i * placeBytes);
    vectors.setPointer(i * 16 + 8, placeBytes);
    headers.setPointer(i * 64 + 16, vectors.address + i * 16);
    headers.setPointer(i * 64 + 24, 1);
    if (!pieces) continue;
    headers.setPointer(i * 64 + 32, controls.address + i * 4 * CONTROL_WORDS);
    headers.setPointer(i * 64 + 40, CONTROL_BYTES);
  }
  /** Datagrams in the piece at `i`; its header is made fit for the next call. */
  const datagramsIn = (i: number): number => {
    const used = headers.words[i * HEADER_WORDS + CONTROL_BYTES_WORD];
    headers.words[i * HEADER_WORDS + CONTROL_BYTES_WORD] = CONTROL_BYTES;
    const length = headers.words[i * HEADER_WORDS + LENGTH_WORD]!;
    return used === 0 ? 1 : Math.ceil(length / controls.words[i * CONTROL_WORDS + SEGMENT_WORD]!);
  };
  const batch: Batch = {
    bytes: places.bytes,
    strideBytes: placeBytes,
    lengthOf: (i) => headers.words[i * HEADER_WORDS + LENGTH_WORD]!,
  };

  parentPort?.postMessage({
    port: localAddress(fd).port,
    receiveBufferBytes: intOption(fd, SOL_SOCKET, SO_RCVBUF),
  });
  const { recvmmsg } = libc();
  let read = 0;
  for (;;) {
    const taken = recvmmsg(fd, headers.address, MESSAGES, MSG_WAITFORONE, 0);
    if (taken <= 0) continue;
    look?.(batch, taken);
    if (pieces) for (let i = 0; i < taken; i++) read += datagramsIn(i);
    else read += taken;
    count[0] = read;
  }
}
