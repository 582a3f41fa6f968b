/** One receiving process of the ingest benchmark: our engine, or a control in a worker. Says how far it is when asked. */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { hostName } from '../agent/fleet-plan.ts';
import { clockOrigin } from '../clock.ts';
import { type RestoredHost, startEngine } from '../engine/index.ts';
import { hostIdHex } from '../host-id.ts';
import { answerQuestions } from './bench-child.ts';
import {
  BENCH_HOSTS,
  BENCH_INTERVAL_MS,
  BENCH_KEY,
  BENCH_PREFIX,
  isReceiverQuestion,
  type Reading,
  type ReceiverKind,
} from './ingest-messages.ts';

type Counts = () => Omit<Reading, 'cpuUs'>;

const LOOK_EVERY_MS = 20;

/** As after a restart: of hosts not known before, keys are derived for 5,000 a second alone. */
const KNOWN = {
  length: BENCH_HOSTS,
  *[Symbol.iterator](): Iterator<RestoredHost> {
    const intervalMs = BENCH_INTERVAL_MS;
    for (let i = 0; i < BENCH_HOSTS; i++) {
      const id = hostIdHex(hostName(i, { hosts: BENCH_HOSTS, prefix: BENCH_PREFIX }));
      yield { id, intervalMs, state: 'pending', confirmed: true, named: true };
    }
  },
};

/** `signed`: keys are set, nobody may do without a tag, and all hosts are known. */
async function startOurs(signed: boolean): Promise<Counts> {
  const engine = await startEngine({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    shards: 1,
    maxHosts: BENCH_HOSTS,
    misses: 5,
    minTimeoutMs: 500,
    maxTimeoutMs: 3_600_000,
    clockOrigin: clockOrigin(),
    receiver: 'recvmmsg',
    tags: signed ? { keys: [BENCH_KEY], plainFrom: [] } : null,
    hold: signed,
    onBatch: () => {},
    onFault: (error) => {
      throw error;
    },
  });
  if (signed) {
    engine.restore(KNOWN, () => {});
    while (!engine.isRestored()) await pause(LOOK_EVERY_MS);
  }
  return () => {
    const { read, accepted } = engine.ingest();
    return {
      port: engine.addresses[0]!.port,
      read,
      rejected: read - accepted,
      receiveBufferBytes: engine.receiveBufferBytes,
    };
  };
}

const CONTROLS = {
  discard: new URL('./ingest-discard.worker.ts', import.meta.url),
  bare: new URL('./ingest-bare.worker.ts', import.meta.url),
  pieces: new URL('./ingest-pieces.worker.ts', import.meta.url),
  verify: new URL('./ingest-verify.worker.ts', import.meta.url),
} as const;

async function startControl(kind: keyof typeof CONTROLS): Promise<Counts> {
  const shared = new SharedArrayBuffer(16);
  const counts = new Float64Array(shared);
  const worker = new Worker(CONTROLS[kind], { workerData: shared });
  const bound = await new Promise<Pick<Reading, 'port' | 'receiveBufferBytes'>>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return () => ({ ...bound, read: counts[0]!, rejected: counts[1]! });
}

const kind = process.argv[2] as ReceiverKind;
const counts = kind === 'engine' || kind === 'signed' ? startOurs(kind === 'signed') : startControl(kind);
answerQuestions(isReceiverQuestion, async () => {
  const reading = (await counts)();
  const { user, system } = process.cpuUsage();
  return { ...reading, cpuUs: user + system } satisfies Reading;
});
