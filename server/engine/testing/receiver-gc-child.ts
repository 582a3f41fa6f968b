/**
 * Reads by recvmmsg under forced collections and checks every byte; run with --expose-gc. Prints what it found as
 * one line of JSON after the given number of ms.
 */
import { Worker } from 'node:worker_threads';
import { clockFrom, clockOrigin } from '../../clock.ts';
import { openHeartbeatSockets } from '../receiver/heartbeat-sockets.ts';
import { openRecvmmsgReceiver } from '../receiver/recvmmsg.ts';
import { SourceBook } from '../source-book.ts';
import { readStamp } from './datagram-bytes.ts';
import type { StampingSender } from './stamping-sender-child.ts';

export type GcFindings = {
  read: number;
  wrong: number;
  collections: number;
  drops: number;
};

const forMs = Number(process.argv[2]);
const collect = globalThis.gc!;
const origin = clockOrigin();
const clock = clockFrom(origin);
const found: GcFindings = { read: 0, wrong: 0, collections: 0, drops: 0 };

const sockets = openHeartbeatSockets([{ host: '127.0.0.1', port: 0 }], 1);
const receiver = openRecvmmsgReceiver(sockets.fds[0]!, new SourceBook(10), clock, {
  onBatch: () => {},
  onDatagram: (bytes, at, length) => {
    found.read++;
    if (readStamp(bytes, at, length) === null) found.wrong++;
  },
  onHorizon: () => {},
  onFault: (error) => {
    throw error;
  },
});
const stop = new SharedArrayBuffer(4);
const setup: StampingSender = { port: sockets.addresses[0]!.port, clockOrigin: origin, stop };
const sender = new Worker(new URL('./stamping-sender-child.ts', import.meta.url), { workerData: setup });

const endMs = clock() + forMs;
let collectAtMs = 0;
/** Filled anew all the time: what is freed wrongly is soon somebody else's. */
const litter: Uint8Array[] = [];
while (clock() < endMs) {
  receiver.read(5);
  for (let i = 0; i < 20; i++)
    litter[(found.read + i) % 500] = new Uint8Array(64 * (1 + (i % 40))).fill(0xee);
  if (clock() < collectAtMs) continue;
  collectAtMs = clock() + 10;
  // In turns the whole heap and the young part of it.
  if (found.collections++ % 2 === 0) collect();
  else collect({ type: 'minor' });
}
found.drops = receiver.kernelDrops();
Atomics.store(new Int32Array(stop), 0, 1);
sender.once('exit', () => {
  sockets.close();
  console.log(JSON.stringify(found));
});
