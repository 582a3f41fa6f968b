/**
 * One structure of the expiry benchmark in a process of its own, named by its argument: hosts that beat once a second,
 * looked at 20 times a second, and at the end all of them fall silent.
 */
import { answerQuestions } from '../../bench/bench-child.ts';
import {
  type ExpiryAnswer,
  type ExpiryQuestion,
  isExpiryQuestion,
  type StructureKind,
} from '../../bench/expiry-messages.ts';
import { Detectors } from '../detector/detectors.ts';
import type { DetectorPolicies } from '../detector/policies.ts';
import { Watch } from '../detector/watch.ts';
import { allocateShardMemory, openShardColumns } from '../layout.ts';
import { ObservedClock } from '../observed-clock.ts';
import { SeededRandom } from '../simulation/seeded-random.ts';
import { buckets, heap, type Structure, scan } from './expiry-controls.ts';

const POLICY = { misses: 5, minTimeoutMs: 500, maxTimeoutMs: 3_600_000 };
const POLICIES: DetectorPolicies = [
  { labels: [['d', 'batch']], detector: { kind: 'adaptive', z: 8, floorMs: 2_000, capMs: 60_000 } },
];
const INTERVAL_MS = 1_000;
const TIMEOUT_MS = POLICY.misses * INTERVAL_MS;
const LOOKS = 20;
const QUIET_LOOKS = 100;
const START_MS = 1_000_000;
const BATCH = 4_096;

/** Ours, as the engine uses it; late verdicts are part of a host's way down. */
function ours(hosts: number, policy: number): Structure {
  const columns = openShardColumns(allocateShardMemory(hosts), hosts);
  const clock = new ObservedClock();
  const watch = new Watch(columns, new Detectors(POLICY, POLICIES), clock);
  let downs = 0;
  const onVerdict = (_: number, state: number): void => {
    if (state === 4) downs++;
  };
  return {
    beat: (host, nowMs) => watch.heard(host, policy, INTERVAL_MS / 10, nowMs, false),
    look: (nowMs) => {
      clock.alive(nowMs);
      downs = 0;
      while (watch.expire(nowMs, BATCH, onVerdict)) {
        // Bounded portions, as in the engine.
      }
      return downs;
    },
  };
}

const MAKERS: Readonly<Record<StructureKind, (hosts: number) => Structure>> = {
  fifo: (hosts) => ours(hosts, 0),
  wheel: (hosts) => ours(hosts, 1),
  buckets: (hosts) => buckets(hosts, TIMEOUT_MS),
  heap: (hosts) => heap(hosts, TIMEOUT_MS),
  scan: (hosts) => scan(hosts, TIMEOUT_MS),
};

function rowsInOrder({ hosts, order }: ExpiryQuestion): Uint32Array {
  const rows = Uint32Array.from({ length: hosts }, (_, i) => i);
  if (order === 'round-robin') return rows;
  const random = new SeededRandom(hosts);
  for (let i = hosts - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = rows[i]!;
    rows[i] = rows[j]!;
    rows[j] = kept;
  }
  return rows;
}

/** All hosts beat once in a second; gives how many were found down, which is none of those that live. */
function round(structure: Structure, rows: Uint32Array, fromMs: number): number {
  let found = 0;
  const portion = rows.length / LOOKS;
  const stepMs = INTERVAL_MS / rows.length;
  for (let look = 1; look <= LOOKS; look++) {
    const to = Math.round(look * portion);
    for (let i = Math.round((look - 1) * portion); i < to; i++) structure.beat(rows[i]!, fromMs + i * stepMs);
    found += structure.look(fromMs + (look * INTERVAL_MS) / LOOKS);
  }
  return found;
}

function measure(kind: StructureKind, question: ExpiryQuestion): ExpiryAnswer {
  const structure = MAKERS[kind](question.hosts);
  const rows = rowsInOrder(question);
  let nowMs = START_MS;
  structure.look(nowMs);
  // Twice before it is measured: hosts are known, code is compiled.
  for (let i = 0; i < 2; i++, nowMs += INTERVAL_MS) round(structure, rows, nowMs);
  const startedAtMs = performance.now();
  let mistaken = 0;
  for (let i = 0; i < question.rounds; i++, nowMs += INTERVAL_MS) mistaken += round(structure, rows, nowMs);
  const beatsMs = performance.now() - startedAtMs;
  if (mistaken > 0) throw new Error(`${kind} found ${mistaken} living hosts down`);
  const quietAtMs = performance.now();
  for (let i = 0; i < QUIET_LOOKS; i++) structure.look(nowMs);
  const quietMs = performance.now() - quietAtMs;
  const silentAtMs = performance.now();
  let found = 0;
  for (const endMs = nowMs + 20_000; nowMs < endMs && found < question.hosts; ) {
    nowMs += INTERVAL_MS / LOOKS;
    found += structure.look(nowMs);
  }
  return {
    nsABeat: (beatsMs * 1e6) / (question.rounds * question.hosts),
    lookUs: (quietMs * 1e3) / QUIET_LOOKS,
    found,
    nsADown: ((performance.now() - silentAtMs) * 1e6) / question.hosts,
  };
}

const kind = process.argv[2] as StructureKind;
answerQuestions(isExpiryQuestion, async (question) => measure(kind, question));
