/**
 * The limit in the ingest benchmark: recvmmsg through the same libc, in a worker, that counts and looks at nothing.
 * Written apart from the engine's receiver on purpose: blocking, no source addresses, nothing but the call.
 */
import { parentPort, workerData } from 'node:worker_threads';
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
  trySetIntOption,
} from '../libc/udp-socket.ts';
import { DISCARD_BUFFER_BYTES } from './ingest-messages.ts';

const MESSAGES = 256;
/** A datagram's place: more than any of ours needs. */
const PLACE_BYTES = 1_536;
const MSG_WAITFORONE = 0x1_0000;
const SO_RCVTIMEO = 20;

const fd = openUdpSocket(4);
if (!trySetIntOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, DISCARD_BUFFER_BYTES)) {
  trySetIntOption(fd, SOL_SOCKET, SO_RCVBUF, DISCARD_BUFFER_BYTES);
}
const everyMs = new PinnedMemory(16);
everyMs.setPointer(8, 50_000);
succeed(libc().setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, everyMs.address, 16), 'setsockopt');
bindSocket(fd, { host: '127.0.0.1', port: 0 });

const places = new PinnedMemory(MESSAGES * PLACE_BYTES);
const vectors = new PinnedMemory(MESSAGES * 16);
const headers = new PinnedMemory(MESSAGES * 64);
for (let i = 0; i < MESSAGES; i++) {
  vectors.setPointer(i * 16, places.address + i * PLACE_BYTES);
  vectors.setPointer(i * 16 + 8, PLACE_BYTES);
  headers.setPointer(i * 64 + 16, vectors.address + i * 16);
  headers.setPointer(i * 64 + 24, 1);
}

const count = new Float64Array(workerData as SharedArrayBuffer);
parentPort?.postMessage({
  port: localAddress(fd).port,
  receiveBufferBytes: intOption(fd, SOL_SOCKET, SO_RCVBUF),
});
const { recvmmsg } = libc();
let read = 0;
// Until the process is killed.
for (;;) {
  const taken = recvmmsg(fd, headers.address, MESSAGES, MSG_WAITFORONE, 0);
  if (taken <= 0) continue;
  read += taken;
  count[0] = read;
}
