import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostState } from '../../lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { ROW_STATE, type ShardColumns } from './layout.ts';
import { ObservedClock } from './observed-clock.ts';
import { Shard } from './shard.ts';
import { POLICY, ShardProbe } from './testing/shard-probe.ts';
import { POLICIES, restored, type Step, step, TwoFleets } from './testing/two-fleets.ts';

class Cut extends Error {}

/** The columns as they are, whose writer dies at its `lives`th write: the write is not done, nor anything after it. */
function mortal(columns: ShardColumns, lives: { left: number }): ShardColumns {
  const guarded = Object.entries(columns).map(([name, column]) => {
    // Atomics take no proxy: the writes of highSeq come before or after one that is counted.
    if (!ArrayBuffer.isView(column) || name === 'highSeq') return [name, column];
    const proxy = new Proxy(column as Uint32Array, {
      get: (target, key) => {
        const value = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set: (target, key, value) => {
        if (lives.left-- <= 0) throw new Cut();
        return Reflect.set(target, key, value, target);
      },
    });
    return [name, proxy];
  });
  return Object.fromEntries(guarded) as ShardColumns;
}

/** A shard that dies at a write, and all that main was told before and after; news waits for `send`. */
class MortalProbe extends ShardProbe {
  readonly lives = { left: Number.POSITIVE_INFINITY };
  readonly hostCount: Int32Array;
  /** What main was told, by row. */
  readonly told = new Map<number, { id: string; state: number }>();
  /** Rows whose host main had removed: it does not listen to what is told of them. */
  readonly #removed = new Set<number>();

  constructor() {
    const hostCount = new Int32Array(1);
    super({ policies: POLICIES, hostCount });
    this.hostCount = hostCount;
    this.#live(mortal(this.columns, this.lives), new ObservedClock());
  }

  #live(columns: ShardColumns, clock: ObservedClock): void {
    const shard = new Shard({
      ...{ shard: 0, shards: 1, columns, hostCount: this.hostCount, maxHosts: 64, policy: POLICY },
      ...{ policies: POLICIES, seed: 0x5eed, clock, sources: this.book, tags: null, handOver: null },
    });
    Object.assign(this, { shard });
  }

  /** The dead shard's successor. */
  succeed(): void {
    const clock = new ObservedClock();
    clock.takeOver(this.nowMs - 100, this.nowMs);
    this.#live(this.columns, clock);
    this.shard.adopt(this.nowMs);
    this.sendNews();
  }

  override collect(): ReturnType<ShardProbe['collect']> {
    return undefined as never;
  }

  /** Main forgets what it had removed. */
  forget(): void {
    for (let row = 0; row < this.columns.rows; row++) {
      if (!isEmpty(this, row) || !this.told.delete(row)) continue;
      this.#removed.add(row);
    }
  }

  /** All news goes to main. */
  sendNews(): void {
    const { described, transitions } = super.collect();
    for (const { row, hostId } of described) {
      const known = this.told.get(row);
      this.told.set(row, { id: hostId, state: known?.id === hostId ? known.state : HostState.empty });
    }
    for (let i = 0; i < transitions.length; i++) {
      const host = this.told.get(transitions.rows[i]!);
      if (host === undefined && this.#removed.has(transitions.rows[i]!)) continue;
      if (host === undefined)
        throw new Error(`a transition of row ${transitions.rows[i]}, which was never described`);
      if (transitions.kinds[i]! <= HostState.left) host.state = transitions.kinds[i]!;
    }
  }
}

const script = fc.record({
  before: restored,
  steps: fc.array(step, { minLength: 10, maxLength: 120 }),
  after: fc.array(step, { minLength: 10, maxLength: 60 }),
  lives: fc.nat(400),
  sendEvery: fc.integer({ min: 1, max: 20 }),
});

function isEmpty(probe: ShardProbe, row: number): boolean {
  return (probe.columns.state[row]! & ROW_STATE) === 0;
}

test('E104: lists are in the order of last beats, and rows rest on, whatever the order of the rows', () => {
  const hostCount = new Int32Array(1);
  const probe = new ShardProbe({ hostCount });
  for (const host of ['a', 'b', 'c', 'gone', 'gone-too']) probe.hello(host);
  probe.pass(200);
  probe.shard.remove(probe.rowOf('gone-too'), probe.nowMs);
  for (const host of ['c', 'a', 'b']) {
    probe.pass(200);
    probe.beat(host, { seq: 2 });
  }
  probe.shard.remove(probe.rowOf('gone'), probe.nowMs);
  probe.news();
  // A clock that knows all: then only the order of the lists can be wrong.
  const shard = new Shard({
    ...{ shard: 0, shards: 1, columns: probe.columns, hostCount, maxHosts: 64, policy: POLICY },
    ...{ policies: [], seed: 7, clock: probe.shard.clock, sources: probe.book, tags: null, handOver: null },
  });
  shard.adopt(probe.nowMs);
  Object.assign(probe, { shard });
  expect(probe.pass(2_400)).toEqual(['c late', 'a late']);
  expect(probe.pass(200)).toEqual(['b late']);
  expect(hostCount[0]).toBe(3);
  probe.beat('new');
  expect(probe.rowOf('new')).toBe(5);
  probe.pass(600_000 - 3_000, 200);
  probe.beat('newer');
  expect(probe.rowOf('newer')).toBe(4);
  probe.beat('newest');
  expect(probe.rowOf('newest')).toBe(6);
  probe.pass(1_000);
  probe.beat('last');
  expect(probe.rowOf('last')).toBe(3);
});

test('E104 E105 E106: wherever a shard stopped, nobody changes by that, and main knows all', {
  timeout: 60_000,
}, () => {
  let cuts = 0;
  fc.assert(
    fc.property(script, ({ before, steps, after, lives, sendEvery }) => {
      const probe = new MortalProbe();
      const fleets = new TwoFleets(POLICY, probe);
      fleets.restore(before);
      before.forEach(({ host }, row) => {
        probe.told.set(row, { id: hostIdHex(`h${host}`), state: probe.columns.state[row]! & ROW_STATE });
      });
      probe.lives.left = lives;
      let interrupted: Step | null = null;
      for (const [i, one] of steps.entries()) {
        try {
          fleets.run(one);
        } catch (error) {
          if (!(error instanceof Cut)) throw error;
          interrupted = one;
          cuts++;
          break;
        }
        if (one.kind === 'remove') probe.forget();
        if (i % sendEvery === 0) probe.sendNews();
      }
      probe.lives.left = Number.POSITIVE_INFINITY;
      probe.succeed();
      const { state, rows } = probe.columns;
      let hosts = 0;
      for (let row = 0; row < rows; row++) {
        if (isEmpty(probe, row)) continue;
        hosts++;
        expect([row, probe.told.get(row)?.state]).toEqual([row, state[row]! & ROW_STATE]);
      }
      // Between the count for all shards and that for this one there is one instant in which nothing can be known.
      expect(Math.abs(probe.hostCount[0]! - hosts)).toBeLessThanOrEqual(interrupted === null ? 0 : 1);
      fleets.takeOver(interrupted);
      fleets.compare();
      for (const one of after) {
        fleets.run(one);
        fleets.compare();
      }
    }),
    { numRuns: 100 },
  );
  // Else there was nothing to go on from.
  expect(cuts).toBeGreaterThan(25);
});
