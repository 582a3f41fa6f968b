/**
 * Preloaded with --expose-gc: in every worker thread a full collection whenever ten milliseconds have passed and
 * somebody asks the time, which a shard does at every reading; for the GC_SECONDS of the environment.
 */
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 10;
const FOR_MS = Number(process.env.GC_SECONDS ?? 0) * 1_000;

const now = performance.now.bind(performance);
const { gc } = globalThis;
if (gc === undefined) throw new Error('start with --expose-gc');
let collectedAtMs = now();
const endAtMs = collectedAtMs + FOR_MS;

if (!isMainThread) {
  performance.now = () => {
    const atMs = now();
    if (atMs - collectedAtMs < EVERY_MS || atMs > endAtMs) return atMs;
    gc();
    collectedAtMs = now();
    return collectedAtMs;
  };
}
