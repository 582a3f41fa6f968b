/** One receiving process of the ingest benchmark: our engine, or the bare counter. Says how far it is when asked. */
import { Worker } from 'node:worker_threads';
import { clockOrigin } from '../clock.ts';
import { startEngine } from '../engine/index.ts';
import { answerQuestions } from './bench-child.ts';
import { BENCH_HOSTS, isReceiverQuestion, type Reading } from './ingest-messages.ts';

type Counts = () => Omit<Reading, 'cpuUs'>;

async function startOurs(): Promise<Counts> {
  const engine = await startEngine({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    shards: 1,
    maxHosts: 2 * BENCH_HOSTS,
    misses: 5,
    minTimeoutMs: 500,
    maxTimeoutMs: 3_600_000,
    clockOrigin: clockOrigin(),
    receiver: 'dgram',
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

async function startBare(): Promise<Counts> {
  const shared = new SharedArrayBuffer(8);
  const count = new Float64Array(shared);
  const worker = new Worker(new URL('./ingest-bare.worker.ts', import.meta.url), { workerData: shared });
  const bound = await new Promise<Pick<Reading, 'port' | 'receiveBufferBytes'>>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return () => ({ ...bound, read: count[0]!, rejected: 0 });
}

const counts = process.argv[2] === 'engine' ? startOurs() : startBare();
answerQuestions(isReceiverQuestion, async () => {
  const reading = (await counts)();
  const { user, system } = process.cpuUsage();
  return { ...reading, cpuUs: user + system } satisfies Reading;
});
