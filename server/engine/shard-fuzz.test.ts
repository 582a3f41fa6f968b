import { expect, test } from 'vitest';
import { HostState } from '../../lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { NO_POLICIES } from './detector/policies.ts';
import { allocateShardMemory, openShardColumns, type ShardColumns } from './layout.ts';
import { Shard } from './shard.ts';
import { SourceBook } from './source-book.ts';
import { beatBytes, helloBytes, joined, POLICY, START_MS } from './testing/shard-probe.ts';

const DATAGRAMS = 1_000_000;
const MAX_HOSTS = 40;
const BLOCK = 100;
const SEED = 20_261_120;

/** xorshift32: the same run for the same seed. */
function generator(seed: number): (below: number) => number {
  let word = seed;
  return (below) => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) % below;
  };
}

/** Distinct enough for a few thousand ids, and no string. */
const idKey = (high: number, low: number): number => high * 0x200000 + (low >>> 11);

/** Everything a row says of its host; its neighbours in the lists are not the host's. */
function snapshot(columns: ShardColumns): readonly (Float64Array | Uint32Array | Uint16Array | Uint8Array)[] {
  const { table: _table, prev: _prev, next: _next, rows: _rows, journal: _journal, ...facts } = columns;
  return Object.values(facts).map((column) => column.slice());
}

/** Host ids that the bytes carry, read without the shard's code. */
function carriedIds(bytes: Uint8Array, into: Set<number>): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] === 0xb7) {
    for (let at = 4; at + 8 <= bytes.length; at += 32) {
      into.add(idKey(buffer.readUInt32BE(at), buffer.readUInt32BE(at + 4)));
    }
    return;
  }
  const name = /^[\w.-]{1,63}(?=[ \r\n]|$)/.exec(buffer.toString('latin1', 0, 64));
  if (name === null) return;
  const id = Buffer.from(hostIdHex(name[0]), 'hex');
  into.add(idKey(id.readUInt32BE(0), id.readUInt32BE(4)));
}

/** How many messages the bytes are, by E4 and without the shard's code. */
function messagesIn(bytes: Uint8Array): number {
  const flags = bytes[2]!;
  if (bytes.length < 32 || bytes[0] !== 0xb7 || bytes[1] !== 0x11 || flags > 1) return 1;
  if (flags === 0 && bytes[3] !== 0) return 1;
  const messages = bytes.length / (flags === 0 ? 32 : 48);
  return bytes.length <= 1_472 && Number.isInteger(messages) ? messages : 1;
}

/** Feeds what `next` makes, in blocks: after each, only hosts carried in it may differ from before. */
function feed(next: (random: (below: number) => number) => Uint8Array): Shard {
  const random = generator(SEED);
  const columns = openShardColumns(allocateShardMemory(MAX_HOSTS), MAX_HOSTS);
  const hostCount = new Int32Array(1);
  const sources = new SourceBook(64);
  const source = sources.ofText('127.0.0.1');
  const shard = new Shard({
    shard: 0,
    shards: 1,
    columns,
    hostCount,
    maxHosts: MAX_HOSTS,
    policy: POLICY,
    policies: NO_POLICIES,
    seed: 7,
    sources,
    tags: null,
    handOver: null,
  });
  for (let i = 0; i < 24; i++) {
    const hello = helloBytes(`known-${i}`);
    shard.receive(hello, 0, hello.length, source, START_MS);
  }
  let nowMs = START_MS;
  let sent = 24;
  for (let done = 0; done < DATAGRAMS; done += BLOCK) {
    const before = snapshot(columns);
    const hostsBefore = hostCount[0]!;
    const carried = new Set<number>();
    nowMs += random(8);
    for (let i = 0; i < BLOCK; i++) {
      const bytes = next(random);
      carriedIds(bytes, carried);
      sent += messagesIn(bytes);
      shard.receive(bytes, 0, bytes.length, source, nowMs);
      if (shard.isFull) shard.take();
    }
    const after = snapshot(columns);
    // Nobody is removed here, so rows fill in order.
    for (let row = 0; row < hostCount[0]!; row++) {
      if (carried.has(idKey(columns.idHigh[row]!, columns.idLow[row]!))) continue;
      if (row >= hostsBefore) throw new Error(`row ${row} is of a host that no datagram carried`);
      for (let c = 0; c < after.length; c++) {
        if (after[c]![row] !== before[c]![row]) throw new Error(`row ${row} changed in column ${c}`);
      }
    }
    const { read, accepted, rejected } = shard.counters;
    if (read !== sent) throw new Error(`${read} messages were read of ${sent}`);
    if (read !== accepted + rejected.reduce((sum, n) => sum + n, 0)) throw new Error(`read ${read}`);
    shard.tick(nowMs, nowMs);
  }
  expect(columns.state.filter((state) => state !== HostState.empty)).toHaveLength(hostCount[0]!);
  return shard;
}

test('E1 E11: 1,000,000 random datagrams', { timeout: 60_000 }, () => {
  const pool = new Uint8Array(1_600);
  const random = generator(SEED + 1);
  for (let i = 0; i < pool.length; i++) pool[i] = random(256);
  const shard = feed((below) => {
    const length = below(16) === 0 ? below(1_500) : below(100);
    for (let i = 0; i < 12; i++) pool[below(pool.length)] = below(256);
    const bytes = pool.subarray(0, length);
    // Half of them begin as a heartbeat would, or nothing gets past the first byte.
    if (length > 0 && below(2) === 0) bytes[0] = below(2) === 0 ? 0xb7 : 97 + below(26);
    return bytes;
  });
  expect(shard.counters.read).toBeGreaterThanOrEqual(DATAGRAMS);
});

test('E1 E11: 1,000,000 mutated datagrams', { timeout: 60_000 }, () => {
  const names = ['known-0', 'known-1', 'known-2', 'stranger'];
  const text = (line: string): Uint8Array => new TextEncoder().encode(line);
  const templates = names.flatMap((name) => [
    beatBytes(name, { seq: 5 }),
    beatBytes(name, { seq: 6, type: 3 }),
    helloBytes(name, { rack: 'r17', zone: 'eu' }, { seq: 7 }),
    joined(beatBytes(name, { seq: 8 }), beatBytes('known-3', { seq: 9 }), beatBytes(name, { seq: 70 })),
    text(`${name} interval=1s seq=9 rack=r17`),
    text(`${name} bye=1`),
  ]);
  const buffer = new Uint8Array(1_600);
  const shard = feed((below) => {
    const template = templates[below(templates.length)]!;
    buffer.set(template);
    let length = template.length;
    for (let mutations = below(4); mutations > 0; mutations--) {
      const what = below(8);
      if (what === 0) length = below(length + 1);
      else if (what === 1) length = Math.min(buffer.length, length + below(48));
      else if (what === 2) buffer[below(32)] = below(256);
      else if (what === 3) buffer[20] = below(256);
      else buffer[below(Math.max(1, length))]! ^= 1 << below(8);
    }
    return buffer.subarray(0, length);
  });
  const { accepted, rejected, read } = shard.counters;
  expect(read).toBeGreaterThanOrEqual(DATAGRAMS);
  expect(accepted).toBeGreaterThan(DATAGRAMS / 20);
  // The mutations reach nearly every way a datagram can be refused.
  expect(rejected.filter((count) => count > 0).length).toBeGreaterThanOrEqual(12);
});
