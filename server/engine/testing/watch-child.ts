/**
 * A process that watches heartbeats on a free port of 127.0.0.1 and prints one JSON line per fact. `engine <receiver>
 * <shards> <hosts>` runs the real engine, and `held <receiver> <shards> <hosts> <port>` the same in a hold, until a line on its
 * input says that the hosts of a fleet-child are known; `naive` is what one writes first: a socket, a map, a timer
 * that sweeps it. WATCH_BUFFER_BYTES in the environment makes the receive buffers as small as that.
 */
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { clockOrigin } from '../../clock.ts';
import { hostIdHex } from '../../host-id.ts';
import { SO_RCVBUF, SOL_SOCKET, setIntOption } from '../../libc/udp-socket.ts';
import { startEngine, TransitionKind } from '../index.ts';

const MISSES = 3;
const BUFFER_BYTES = Number(process.env.WATCH_BUFFER_BYTES ?? 0);
const MIN_TIMEOUT_MS = 500;
const SWEEP_MS = 100;

export type WatchFact =
  | { readonly fact: 'listening'; readonly port: number }
  | { readonly fact: 'known'; readonly hosts: number }
  | { readonly fact: 'up'; readonly hosts: number }
  | { readonly fact: 'down'; readonly hosts: number; readonly ids: readonly string[] }
  | { readonly fact: 'notice'; readonly text: string }
  | {
      readonly fact: 'health';
      readonly blindMs: number;
      readonly degraded: boolean;
      readonly dropShare: number;
      readonly drops: number;
      readonly misses: number;
      readonly accepted: number;
      /** The time of day there. */
      readonly wallMs: number;
    };

function say(fact: WatchFact): void {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
}

/** Sockets belong to the process: whichever thread reads them, their buffers can be made small from here. */
function shrinkBuffers(port: number): void {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const inodes = new Set(
    rows.filter((fields) => fields[1] === local).map((fields) => `socket:[${fields[9]}]`),
  );
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (!inodes.has(readlinkSync(`/proc/self/fd/${fd}`))) continue;
    } catch {
      // Closed since it was listed.
      continue;
    }
    setIntOption(Number(fd), SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  }
}

async function runEngine(
  receiver: 'recvmmsg' | 'dgram',
  shards: number,
  hold: boolean,
  hosts: number,
  port: number,
): Promise<void> {
  const idOfRow = new Map<string, string>();
  let known = 0;
  const engine = await startEngine({
    addresses: [{ host: '127.0.0.1', port }],
    shards,
    maxHosts: Math.max(10_000, 2 * hosts),
    misses: MISSES,
    minTimeoutMs: MIN_TIMEOUT_MS,
    maxTimeoutMs: 3_600_000,
    clockOrigin: clockOrigin(),
    receiver,
    hold,
    onBatch: ({ shard, described, transitions }) => {
      for (const { row, hostId } of described) idOfRow.set(`${shard}/${row}`, hostId);
      const ids: string[] = [];
      let up = 0;
      for (let i = 0; i < transitions.length; i++) {
        if (transitions.kinds[i] === TransitionKind.up) up++;
        if (transitions.kinds[i] === TransitionKind.down)
          ids.push(idOfRow.get(`${shard}/${transitions.rows[i]}`)!);
      }
      if (hold && up > 0) say({ fact: 'up', hosts: up });
      if (ids.length > 0) say({ fact: 'down', hosts: ids.length, ids });
      if (idOfRow.size > known) say({ fact: 'known', hosts: idOfRow.size });
      known = idOfRow.size;
    },
    onNotice: (text) => say({ fact: 'notice', text }),
    onFault: (error) => {
      throw error;
    },
  });
  if (BUFFER_BYTES > 0) shrinkBuffers(engine.addresses[0]!.port);
  say({ fact: 'listening', port: engine.addresses[0]!.port });
  process.stdin.on('data', () => {
    const fleet = Array.from({ length: hosts }, (_, i) => ({
      id: hostIdHex(`host-${i}`),
      intervalMs: 1_000,
      state: 'pending' as const,
      confirmed: true,
      named: false,
    }));
    engine.restore(fleet).forEach(({ shard, row }, i) => {
      idOfRow.set(`${shard}/${row}`, fleet[i]!.id);
    });
  });
  setInterval(() => {
    const { blindMs, degraded, dropShare, kernelDrops: drops, misses, accepted } = engine.ingest();
    say({ fact: 'health', blindMs, degraded, dropShare, drops, misses, accepted, wallMs: Date.now() });
  }, SWEEP_MS);
}

const BEAT = { bytes: 32, id: 4, idEnd: 12, interval: 28 } as const;

function runNaive(): void {
  const seen = new Map<string, { atMs: number; timeoutMs: number }>();
  const socket = createSocket('udp4');
  socket.on('message', (bytes) => {
    for (let at = 0; at + BEAT.bytes <= bytes.length; at += BEAT.bytes) {
      const intervalMs = bytes.readUInt16LE(at + BEAT.interval) * 10;
      seen.set(bytes.toString('hex', at + BEAT.id, at + BEAT.idEnd), {
        atMs: performance.now(),
        timeoutMs: Math.max(MIN_TIMEOUT_MS, MISSES * intervalMs),
      });
    }
  });
  socket.bind(0, '127.0.0.1', () => {
    if (BUFFER_BYTES > 0) socket.setRecvBufferSize(BUFFER_BYTES);
    say({ fact: 'listening', port: socket.address().port });
  });
  setInterval(() => {
    const nowMs = performance.now();
    const ids = [...seen].filter(([, host]) => nowMs - host.atMs > host.timeoutMs).map(([id]) => id);
    for (const id of ids) seen.delete(id);
    if (ids.length > 0) say({ fact: 'down', hosts: ids.length, ids });
    say({ fact: 'known', hosts: seen.size });
  }, SWEEP_MS);
}

// Whoever started this process is gone.
process.stdin.on('end', () => process.exit()).resume();

const [what, receiver, shards, hosts, port] = process.argv.slice(2);
if (what === 'naive') runNaive();
else {
  await runEngine(
    receiver === 'dgram' ? 'dgram' : 'recvmmsg',
    Number(shards),
    what === 'held',
    Number(hosts ?? 0),
    Number(port ?? 0),
  );
}
