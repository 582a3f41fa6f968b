/**
 * A process that watches heartbeats on a free port of 127.0.0.1 and prints one JSON line per fact. `engine` runs the
 * real engine; `held <hosts> <port>` the same in a hold, until a line on its input says that the hosts of a fleet-child are
 * known; `naive` is what one writes first: a socket, a map, a timer that sweeps it.
 */
import { createSocket } from 'node:dgram';
import { clockOrigin } from '../../clock.ts';
import { hostIdHex } from '../../host-id.ts';
import { startEngine, TransitionKind } from '../index.ts';

const MISSES = 3;
const TIMEOUT_MS = 3_000;
const SWEEP_MS = 100;

export type WatchFact =
  | { readonly fact: 'listening'; readonly port: number }
  | { readonly fact: 'known'; readonly hosts: number }
  | { readonly fact: 'up'; readonly hosts: number }
  | { readonly fact: 'down'; readonly hosts: number; readonly ids: readonly string[] }
  | { readonly fact: 'blind'; readonly blindMs: number };

function say(fact: WatchFact): void {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
}

async function runEngine(hold: boolean, hosts: number, port: number): Promise<void> {
  const idOfRow = new Map<number, string>();
  let known = 0;
  const engine = await startEngine({
    addresses: [{ host: '127.0.0.1', port }],
    shards: 1,
    maxHosts: 10_000,
    misses: MISSES,
    minTimeoutMs: 500,
    maxTimeoutMs: 3_600_000,
    clockOrigin: clockOrigin(),
    receiver: 'auto',
    hold,
    onBatch: ({ described, transitions }) => {
      for (const { row, hostId } of described) idOfRow.set(row, hostId);
      const ids: string[] = [];
      let up = 0;
      for (let i = 0; i < transitions.length; i++) {
        if (transitions.kinds[i] === TransitionKind.up) up++;
        if (transitions.kinds[i] === TransitionKind.down) ids.push(idOfRow.get(transitions.rows[i]!)!);
      }
      if (hold && up > 0) say({ fact: 'up', hosts: up });
      if (ids.length > 0) say({ fact: 'down', hosts: ids.length, ids });
      if (idOfRow.size > known) say({ fact: 'known', hosts: idOfRow.size });
      known = idOfRow.size;
    },
    onFault: (error) => {
      throw error;
    },
  });
  say({ fact: 'listening', port: engine.addresses[0]!.port });
  process.stdin.on('data', () => {
    const known = Array.from({ length: hosts }, (_, i) => ({
      id: hostIdHex(`host-${i}`),
      intervalMs: 1_000,
      state: 'pending' as const,
      confirmed: true,
      named: false,
    }));
    engine.restore(known).forEach(({ row }, i) => {
      idOfRow.set(row, known[i]!.id);
    });
  });
  setInterval(() => say({ fact: 'blind', blindMs: engine.ingest().blindMs }), SWEEP_MS);
}

function runNaive(): void {
  const seenAtMs = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (bytes) => {
    seenAtMs.set(bytes.toString('hex', 4, 12), performance.now());
  });
  socket.bind(0, '127.0.0.1', () => say({ fact: 'listening', port: socket.address().port }));
  setInterval(() => {
    const nowMs = performance.now();
    const ids = [...seenAtMs].filter(([, atMs]) => nowMs - atMs > TIMEOUT_MS).map(([id]) => id);
    for (const id of ids) seenAtMs.delete(id);
    if (ids.length > 0) say({ fact: 'down', hosts: ids.length, ids });
    say({ fact: 'known', hosts: seenAtMs.size });
  }, SWEEP_MS);
}

// Whoever started this process is gone.
process.stdin.on('end', () => process.exit()).resume();

if (process.argv[2] === 'engine') await runEngine(false, 0, 0);
else if (process.argv[2] === 'held') await runEngine(true, Number(process.argv[3]), Number(process.argv[4]));
else runNaive();
