/** One receiving process of the ingest benchmark: our engine, or a control in a worker. Says how far it is when asked. */
import { Worker } from 'node:worker_threads';
import { clockOrigin } from '../clock.ts';
import { startEngine } from '../engine/index.ts';
import { answerQuestions } from './bench-child.ts';
import { BENCH_HOSTS, isReceiverQuestion, type Reading, type ReceiverKind } from './ingest-messages.ts';

type Counts = () => Omit<Reading, 'cpuUs'>;

async function startOurs(): Promise<Counts> {
  const engine = await startEngine({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    shards: 1,
    maxHosts: BENCH_HOSTS,
    misses: 5,
    minTimeoutMs: 500,
    maxTimeoutMs: 3_600_000,
    clockOrigin: clockOrigin(),
    receiver: 'recvmmsg',
    onBatch: () => {},
    onFault: (error) => {
      throw error;
    },
  });
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
} as const;

async function startControl(kind: 'discard' | 'bare'): Promise<Counts> {
  const shared = new SharedArrayBuffer(8);
  const count = new Float64Array(shared);
  const worker = new Worker(CONTROLS[kind], { workerData: shared });
  const bound = await new Promise<Pick<Reading, 'port' | 'receiveBufferBytes'>>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return () => ({ ...bound, read: count[0]!, rejected: 0 });
}

const kind = process.argv[2] as ReceiverKind;
const counts = kind === 'engine' ? startOurs() : startControl(kind);
answerQuestions(isReceiverQuestion, async () => {
  const reading = (await counts)();
  const { user, system } = process.cpuUsage();
  return { ...reading, cpuUs: user + system } satisfies Reading;
});
