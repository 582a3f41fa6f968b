/**
 * A server is killed and started again under a thousand viewers: real clients in this process, the server in its
 * own. The viewers' addresses are of the loopback range, because one address has 256 places.
 */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { JsonFrame, SnapshotFrame } from '#lib/protocol/frames.ts';
import type { Transport } from '../../lib/client/ladder.ts';
import { createLive, type Live } from '../../lib/client/live.ts';
import type { OpenSource, OpenSources } from '../../lib/client/source.ts';
import { SpawnedProcess } from '../testing/spawned-process.ts';
import { testSources } from './convergence-sources.ts';

const HOSTS = 2_000;
const VIEWERS: readonly (readonly [Transport, number])[] = [
  ['socketio', 700],
  ['sse', 200],
  ['long-polling', 100],
];
const ADDRESSES = 8;
/** From the server's being ready; longer by as much as the machine is too busy to start a server in a second. */
const EQUAL_WITHIN_MS = 5_000;
const QUICK_START_MS = 1_000;
const SPREAD_OVER_MS = 2_000;
const WINDOW_MS = 100;
const MOST_IN_A_WINDOW = 0.2;
/** What a machine that stands still for a moment may make of it. */
const MOST_AT_ONCE = 0.5;
/** The hosts are heard again in so many portions, while the viewers come back. */
const PORTIONS = 15;
const PORTION_EVERY_MS = 100;
const LOOK_EVERY_MS = 50;
const READY = /^Pulsewatch is ready: http:\/\/127\.0\.0\.1:(\d+) \(heartbeats: UDP 127\.0\.0\.1:(\d+)\)/;

/** Put before the server: counts its calls of gzipSync, which it uses for snapshots alone, and tells when asked. */
const COUNT_SNAPSHOTS = `data:text/javascript,${encodeURIComponent(`
  import { syncBuiltinESMExports } from 'node:module';
  import zlib from 'node:zlib';
  const { gzipSync } = zlib;
  let count = 0;
  zlib.gzipSync = (...parameters) => (count++, gzipSync(...parameters));
  syncBuiltinESMExports();
  process.on('SIGUSR2', () => console.log('snapshots encoded: ' + count));
`)}`;

type Connect = (this: net.Socket, ...parameters: unknown[]) => net.Socket;
const { connect } = net.Socket.prototype as unknown as { connect: Connect };
beforeAll(() => {
  let next = 0;
  const connectFrom: Connect = function (first, ...rest) {
    // Node's own callers hand over a list whose first element is the options.
    const options = (Array.isArray(first) ? first[0] : first) as net.TcpNetConnectOpts;
    options.localAddress = `127.0.0.${2 + (next++ % ADDRESSES)}`;
    return connect.call(this, first, ...rest);
  };
  Object.assign(net.Socket.prototype, { connect: connectFrom });
});
afterAll(() => {
  Object.assign(net.Socket.prototype, { connect });
});

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

class ServerProcess {
  readonly port: number;
  readonly heartbeatPort: number;
  readonly process: SpawnedProcess;

  private constructor(process: SpawnedProcess, port: number, heartbeatPort: number) {
    this.process = process;
    this.port = port;
    this.heartbeatPort = heartbeatPort;
  }

  static async start(port = 0): Promise<ServerProcess> {
    const script = join(import.meta.dirname, '..', 'testing', 'serve-without-pages.ts');
    const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-viewers-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const settings = ['--port', String(port), '--heartbeat-port', '0', '--data-dir', dataDir];
    const process = new SpawnedProcess(['--import', COUNT_SNAPSHOTS, script, ...settings]);
    stops.push(() => process.end());
    const [, bound, heartbeats] = await process.line(READY);
    return new ServerProcess(process, Number(bound), Number(heartbeats));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What a viewer that comes now gets. */
  async snapshot(): Promise<SnapshotFrame> {
    const { frames } = (await (await fetch(`${this.origin}/rt/poll`)).json()) as { frames: JsonFrame[] };
    return frames.find(({ t }) => t === 'S') as unknown as SnapshotFrame;
  }

  async snapshotsEncoded(): Promise<number> {
    this.process.kill('SIGUSR2');
    const [, count] = await this.process.line(/^snapshots encoded: (\d+)$/);
    return Number(count);
  }
}

/** A thousand real clients, and what they did: when they planned to try again, when they tried, what they got. */
class Crowd {
  readonly lives: Live[] = [];
  /** By viewer: the first one planned; on this machine's wall clock. */
  readonly plannedAtMs = new Map<number, number>();
  readonly triedAtMs: number[] = [];
  readonly snapshots: { readonly e: string; readonly s: number }[] = [];
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
    stops.push(() => {
      for (const live of this.lives) live.stop();
    });
  }

  add(mode: Transport): void {
    const viewer = this.lives.length;
    const sources = Object.fromEntries(
      Object.entries(testSources()).map(([transport, open]) => [transport, this.#watched(open)]),
    ) as OpenSources;
    const live = createLive({ origin: this.#origin, mode, storage: null }, { sources });
    this.lives.push(live);
    live.store.subscribe(({ link }) => {
      if (link.retryAtMs !== null && !this.plannedAtMs.has(viewer)) {
        this.plannedAtMs.set(viewer, link.retryAtMs);
      }
    });
    live.start();
  }

  #watched(open: OpenSource): OpenSource {
    return (options) => {
      const { sink } = options;
      this.triedAtMs.push(performance.now());
      return open({
        ...options,
        sink: {
          ...sink,
          frame: (value) => {
            const frame = value as SnapshotFrame;
            if (frame.t === 'S') this.snapshots.push({ e: frame.e, s: frame.s });
            sink.frame(value);
          },
        },
      });
    };
  }

  forgetTheStart(): void {
    for (const list of [this.triedAtMs, this.snapshots]) list.length = 0;
    this.plannedAtMs.clear();
  }

  /** What those say of themselves that are not live at this position with this digest. */
  others({ e, s, dig }: Pick<SnapshotFrame, 'e' | 's' | 'dig'>): string[] {
    const others = this.lives.filter((live) => {
      const { epoch, seq, link } = live.store.getState();
      return epoch !== e || seq !== s || link.status !== 'live' || live.digest() !== dig;
    });
    return others.map((live) => {
      const { epoch, seq, link } = live.store.getState();
      return `${link.transport} ${link.status} at ${epoch === e ? seq : epoch}: ${link.problemDetail}`;
    });
  }

  /** Resolves when the server knows every host and all are where it is. */
  async allEqualTo(server: ServerProcess, withinMs: number): Promise<void> {
    const fromMs = performance.now();
    for (;;) {
      const snapshot = await server.snapshot();
      const others = this.others(snapshot);
      const tookMs = performance.now() - fromMs;
      if (others.length === 0 && snapshot.n === HOSTS) return;
      if (tookMs > withinMs) {
        const { n, e, s } = snapshot;
        const some = others.slice(0, 5).join('; ');
        throw new Error(
          `after ${tookMs} ms with ${n} hosts at ${e}.${s} ${others.length} views differ: ${some}`,
        );
      }
      await pause(LOOK_EVERY_MS);
    }
  }
}

/** The largest share of instants within any window of so many ms. */
function largestShare(instantsMs: Iterable<number>, windowMs: number): number {
  const sorted = [...instantsMs].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [i, atMs] of sorted.entries()) {
    while (atMs - sorted[first]! > windowMs) first++;
    most = Math.max(most, i - first + 1);
  }
  return most / sorted.length;
}

async function beatAll(server: ServerProcess): Promise<void> {
  const socket = createSocket('udp4');
  try {
    for (let host = 0; host < HOSTS; host++) {
      if (host % (HOSTS / PORTIONS) < 1) await pause(PORTION_EVERY_MS);
      await new Promise<void>((resolve, reject) => {
        socket.send(`web-${host} interval=600s`, server.heartbeatPort, '127.0.0.1', (error) =>
          error === null ? resolve() : reject(error),
        );
      });
    }
  } finally {
    socket.close();
  }
}

test('C6, C18, L18: after a restart a thousand viewers come back spread, to one encoded snapshot a seq', async () => {
  const first = await ServerProcess.start();
  await beatAll(first);
  const crowd = new Crowd(first.origin);
  for (const [transport, count] of VIEWERS) {
    for (let i = 0; i < count; i++) {
      crowd.add(transport);
      if (i % 20 === 0) await pause(20);
    }
  }
  await crowd.allEqualTo(first, 30_000);

  crowd.forgetTheStart();
  const killedAtMs = performance.now();
  first.process.kill('SIGKILL');
  await first.process.exit;
  const second = await ServerProcess.start(first.port);
  const outageMs = performance.now() - killedAtMs;
  await Promise.all([
    beatAll(second),
    crowd.allEqualTo(second, EQUAL_WITHIN_MS * Math.max(1, outageMs / QUICK_START_MS)),
  ]);

  const planned = [...crowd.plannedAtMs.values()];
  expect(planned.length).toBeGreaterThan(0.95 * crowd.lives.length);
  expect(largestShare(planned, WINDOW_MS)).toBeLessThan(MOST_IN_A_WINDOW);
  expect(Math.max(...planned) - Math.min(...planned)).toBeGreaterThan(SPREAD_OVER_MS * 0.8);
  expect(largestShare(crowd.triedAtMs, WINDOW_MS)).toBeLessThan(MOST_AT_ONCE);

  const { e, s } = await second.snapshot();
  const served = crowd.snapshots.filter((snapshot) => snapshot.e === e);
  expect(served.length).toBeGreaterThanOrEqual(crowd.lives.length);
  // Of the seqs 0 to s each at most once.
  expect(await second.snapshotsEncoded()).toBeLessThanOrEqual(s + 1);
}, 120_000);
