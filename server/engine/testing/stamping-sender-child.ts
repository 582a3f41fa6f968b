/** A thread that sends stamped datagrams as fast as it can, until its parent says stop. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { type ClockOrigin, clockFrom } from '../../clock.ts';
import { stampedBytes } from './datagram-bytes.ts';

export type StampingSender = {
  readonly port: number;
  readonly clockOrigin: ClockOrigin;
  /** One Int32: 1 = stop. */
  readonly stop: SharedArrayBuffer;
};

const { port, clockOrigin, stop } = workerData as StampingSender;
const clock = clockFrom(clockOrigin);
const stopped = new Int32Array(stop);

const socket = createSocket({ type: 'udp4', sendBufferSize: 1 << 20 });
socket.connect(port, '127.0.0.1');
await once(socket, 'connect');
for (let number = 0; Atomics.load(stopped, 0) === 0; number++) {
  // The kernel has one before the next is stamped.
  await new Promise((resolve) => socket.send(stampedBytes(number, clock()), resolve));
}
socket.close();
parentPort?.postMessage('stopped');
