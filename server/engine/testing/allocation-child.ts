/**
 * Judges a million binary beats of known hosts in a process of its own, started with --expose-gc, and prints how many
 * bytes the heap grew by a beat; then the same with one view a beat, which is what it must not cost.
 */
import { hostIdBytes } from '../../host-id.ts';
import { NO_POLICIES } from '../detector/policies.ts';
import { allocateShardMemory, openShardColumns } from '../layout.ts';
import { Shard } from '../shard.ts';
import { SourceBook } from '../source-book.ts';
import { beatBytes, POLICY, START_MS } from './shard-probe.ts';

const HOSTS = 20_000;
const ROUNDS = 50;
const BATCH = 250;
const HEADER_BYTES = 32;
const SEQ_AT = 20;

const sources = new SourceBook(8);
const source = sources.ofIpv4(0x7f00_0001);
const shard = new Shard({
  shard: 0,
  shards: 1,
  columns: openShardColumns(allocateShardMemory(HOSTS), HOSTS),
  hostCount: new Int32Array(1),
  maxHosts: HOSTS,
  policy: POLICY,
  policies: NO_POLICIES,
  seed: 7,
  sources,
  tags: null,
  handOver: null,
});
const datagrams = new Uint8Array(HEADER_BYTES * HOSTS);
const view = new DataView(datagrams.buffer);
for (let i = 0; i < HOSTS; i++) datagrams.set(beatBytes('any', { seq: 1 }), HEADER_BYTES * i);
for (let i = 0; i < HOSTS; i++) datagrams.set(hostIdBytes(`h${i}`), HEADER_BYTES * i + 4);

let nowMs = START_MS + 0.25;
let seq = 0;
let kept: Uint8Array | undefined;

function round(withView: boolean): void {
  seq++;
  for (let i = 0; i < HOSTS; i++) view.setUint32(HEADER_BYTES * i + SEQ_AT, seq, true);
  for (let from = 0; from < HOSTS; from += BATCH) {
    nowMs += 0.25;
    for (let i = from; i < from + BATCH; i++) {
      if (withView) kept = datagrams.subarray(HEADER_BYTES * i, HEADER_BYTES * (i + 1));
      shard.receive(datagrams, HEADER_BYTES * i, HEADER_BYTES, source, nowMs);
      if (shard.isFull) shard.take();
    }
    shard.tick(nowMs, nowMs);
  }
}

/** Bytes a beat. */
function growth(withView: boolean): number {
  for (let i = 0; i < ROUNDS; i++) round(withView);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < ROUNDS; i++) round(withView);
  return (process.memoryUsage().heapUsed - before) / (ROUNDS * HOSTS);
}

const bytesABeat = growth(false);
const withView = growth(true);
const { read, accepted } = shard.counters;
process.stdout.write(JSON.stringify({ bytesABeat, withView, read, accepted, kept: kept?.length }));
