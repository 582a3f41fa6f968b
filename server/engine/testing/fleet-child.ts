/**
 * A process that beats for many hosts to several ports of 127.0.0.1, each host once an interval, evenly spread over
 * it: `fleet-child.ts <hosts> <intervalMs> <beats a datagram> <port>…`. A line `kill <index>` on its input silences a
 * host for good. It prints a line when each host has beaten once, one when a host has been silenced, and `late <ms>`
 * whenever it was itself kept from beating for longer than ever before: then its hosts were silent indeed.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { encodeHeader, HEADER_BYTES, MessageType, OFFSET } from '../../../lib/protocol/heartbeat.ts';
import { hostIdBytes } from '../../host-id.ts';

const PACE_MS = 5;

const [hostsArgument, intervalArgument, bundleArgument, ...ports] = process.argv.slice(2).map(Number);
const hosts = hostsArgument!;
const intervalMs = intervalArgument!;
const bundle = bundleArgument!;
const incarnation = Date.now();

const messages = Array.from({ length: hosts }, (_, i) => {
  const bytes = Buffer.alloc(HEADER_BYTES);
  encodeHeader(new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES), 0, {
    type: MessageType.beat,
    hostId: hostIdBytes(`host-${i}`),
    incarnation,
    seq: 1,
    clockMs: 0,
    intervalMs,
    lateMs: 0,
  });
  return bytes;
});
const dead = new Set<number>();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    dead.add(Number(line.replace('kill ', '')));
    process.stdout.write('silenced\n');
  })
  // Whoever started this process is gone.
  .on('close', () => process.exit());

const socket = createSocket('udp4');
let waiting: Buffer[] = [];

function flush(): void {
  if (waiting.length === 0) return;
  const datagram = Buffer.concat(waiting);
  waiting = [];
  for (const port of ports) socket.send(datagram, port, '127.0.0.1');
}

const startedAtMs = performance.now();
let sent = 0;
let turnedAtMs = startedAtMs;
let latestMs = 0;
setInterval(() => {
  const nowMs = performance.now();
  if (nowMs - turnedAtMs - PACE_MS > latestMs) {
    latestMs = nowMs - turnedAtMs - PACE_MS;
    process.stdout.write(`late ${Math.ceil(latestMs)}\n`);
  }
  turnedAtMs = nowMs;
  const due = Math.floor(((performance.now() - startedAtMs) / intervalMs) * hosts);
  for (; sent < due; sent++) {
    const host = sent % hosts;
    if (sent === hosts) process.stdout.write('all have beaten\n');
    if (dead.has(host)) continue;
    const bytes = messages[host]!;
    bytes.writeUInt32LE(Math.floor(sent / hosts) + 1, OFFSET.seq);
    if (waiting.push(Buffer.from(bytes)) === bundle) flush();
  }
}, PACE_MS);
