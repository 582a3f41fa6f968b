/**
 * A process that beats for many hosts over TCP, one connection each, evenly spread over the interval:
 * `tcp-fleet-child.ts <host> <port> <hosts> <intervalMs>`, the hosts are called tcp-0 and so on. A line on its input:
 * `reset <index>`, `close <index>`, or `move <index>`, which goes on over a new connection and then closes the old.
 * It prints a line when all have beaten, and one for each connection that it loses.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { encodeHeader, encodeHello, MessageType } from '../../../lib/protocol/heartbeat.ts';
import { canonicalLabels } from '../../../lib/protocol/host.ts';
import { hostIdBytes } from '../../host-id.ts';

const PACE_MS = 5;
/** Connections begun and not there yet: the queue of the server holds about a thousand. */
const CONNECTING_AT_ONCE = 200;

const [host, ...numbers] = process.argv.slice(2) as [string, ...string[]];
const [port, hosts, intervalMs] = numbers.map(Number) as [number, number, number];

type Beating = { readonly name: string; readonly id: Uint8Array; seq: number; socket: Socket | null };

const fleet: Beating[] = Array.from({ length: hosts }, (_, i) => {
  const name = `tcp-${i}`;
  return { name, id: hostIdBytes(name), seq: 0, socket: null };
});
const incarnation = Date.now();

function open(beating: Beating): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect({ host, port, noDelay: true });
  socket.once('connect', () => {
    beating.socket = socket;
    beat(beating);
    resolve();
  });
  socket.resume();
  socket.on('error', () => {});
  socket.on('close', () => {
    if (beating.socket !== socket) return;
    beating.socket = null;
    process.stdout.write(`lost ${beating.name}\n`);
  });
  return promise;
}

function beat(beating: Beating): void {
  const seq = ++beating.seq;
  const header = {
    type: seq === 1 ? MessageType.hello : MessageType.beat,
    hostId: beating.id,
    incarnation,
    seq,
    clockMs: 0,
    intervalMs,
    lateMs: 0,
  };
  const message = seq === 1 ? encodeHello(header, beating.name, canonicalLabels([])) : new Uint8Array(32);
  if (seq > 1) encodeHeader(new DataView(message.buffer), 0, header);
  beating.socket?.write(Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]));
}

async function move(beating: Beating): Promise<void> {
  const before = beating.socket;
  await open(beating);
  before?.end();
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [what, index] = line.split(' ');
    const beating = fleet[Number(index)]!;
    const { socket } = beating;
    if (what === 'move') {
      void move(beating);
      return;
    }
    beating.socket = null;
    if (what === 'reset') socket?.resetAndDestroy();
    else socket?.end();
  })
  // Whoever started this process is gone.
  .on('close', () => process.exit());

for (let from = 0; from < hosts; from += CONNECTING_AT_ONCE) {
  await Promise.all(fleet.slice(from, from + CONNECTING_AT_ONCE).map(open));
}
process.stdout.write('all have beaten\n');
const startedAtMs = performance.now();
let sent = 0;
setInterval(() => {
  const due = Math.floor(((performance.now() - startedAtMs) / intervalMs) * hosts);
  for (; sent < due; sent++) {
    const beating = fleet[sent % hosts]!;
    if (beating.socket !== null) beat(beating);
  }
}, PACE_MS);
