/**
 * A process that beats for many hosts to several ports of 127.0.0.1, each host once an interval, evenly spread over
 * it: `fleet-child.ts <hosts> <intervalMs> <port>…`. A line `kill <index>` on its input silences a host for good.
 * It prints a line when each host has beaten once.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { encodeHeader, MessageType, OFFSET } from '../../../lib/protocol/heartbeat.ts';
import { hostIdBytes } from '../../host-id.ts';

const PACE_MS = 5;

const [hostsArgument, intervalArgument, ...portArguments] = process.argv.slice(2).map(Number);
const hosts = hostsArgument!;
const intervalMs = intervalArgument!;

const messages = Array.from({ length: hosts }, (_, i) => {
  const bytes = Buffer.alloc(32);
  encodeHeader(new DataView(bytes.buffer, bytes.byteOffset, 32), 0, {
    type: MessageType.beat,
    hostId: hostIdBytes(`host-${i}`),
    incarnation: Date.now(),
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
  })
  // Whoever started this process is gone.
  .on('close', () => process.exit());

const socket = createSocket('udp4');
const startedAtMs = performance.now();
let sent = 0;
setInterval(() => {
  const due = Math.floor(((performance.now() - startedAtMs) / intervalMs) * hosts);
  for (; sent < due; sent++) {
    const host = sent % hosts;
    if (sent === hosts) process.stdout.write('all have beaten\n');
    if (dead.has(host)) continue;
    const bytes = messages[host]!;
    bytes.writeUInt32LE(Math.floor(sent / hosts) + 1, OFFSET.seq);
    for (const port of portArguments) socket.send(Buffer.from(bytes), port, '127.0.0.1');
  }
}, PACE_MS);
