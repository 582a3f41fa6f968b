import { describe, expect, test } from 'vitest';
import { HostState } from '../../../lib/protocol/host.ts';
import { ROW_STATE, type ShardColumns } from '../layout.ts';
import { PINNED_SEEDS } from './pinned-seeds.ts';
import { SimulatedHost } from './simulated-host.ts';
import { simulate } from './simulation.ts';
import { TruthCheck, type Watching } from './truth-check.ts';

/** The long run is `run.ts --seeds 1000`. */
const SEEDS = [1, 2, 3, 4];

describe('the whole engine under troubles of every kind', () => {
  test.each(SEEDS)(
    'E107: no false down beyond what was lost, every death found, counters add up (seed %i)',
    (seed) => {
      const result = simulate({ seed, spanMs: 60_000, hosts: 25 });
      expect(result.read).toBeGreaterThan(1_000);
    },
  );

  test.each(PINNED_SEEDS)('E107: seed $seed, which once showed: $showed', ({ seed }) => {
    expect(() => simulate({ seed, spanMs: 120_000, hosts: 40 })).not.toThrow();
  });

  test('E117: main listens late and hosts come and go: it ends with what the columns say, and no down was kept from it', () => {
    const results = SEEDS.map((seed) => simulate({ seed, spanMs: 90_000, hosts: 15, flapping: 10 }));
    // Else nothing was looked at.
    for (const { merged } of results) expect(merged).toBeGreaterThan(0);
  });

  test('E107: the same seed is the same run', () => {
    const options = { seed: 77, spanMs: 20_000, hosts: 10 };
    expect(simulate(options)).toEqual(simulate(options));
  });

  test('E107: a fault in the columns is noticed, and told with its seed', () => {
    const options = { seed: 78, spanMs: 20_000, hosts: 10 };
    const seenEarlier = (columns: ShardColumns, elapsedMs: number): void => {
      if (elapsedMs > 10_000) columns.lastSeenAtMs[0] = columns.lastSeenAtMs[0]! - 100_000;
    };
    expect(() => simulate({ ...options, sabotage: seenEarlier })).toThrow(
      /^seed 78, .* a scan says .*--seed 78/,
    );
    const otherState = (columns: ShardColumns, elapsedMs: number): void => {
      const isUp = (columns.state[0]! & ROW_STATE) === HostState.up;
      if (elapsedMs > 10_000 && isUp) columns.state[0] = columns.state[0]! - HostState.up + HostState.left;
    };
    expect(() => simulate({ ...options, sabotage: otherState })).toThrow(/^seed 78, /);
  });
});

describe('what is true of hosts', () => {
  const watching: Watching = { detector: { kind: 'fixed', misses: 5 }, intervalMs: 1_000, misses: 5 };

  test('E107: a living host that lost too few beats must not be down', () => {
    const truth = new TruthCheck(5, 500);
    const host = new SimulatedHost('h', 1_000, 'none', 0);
    host.lostInARow = 4;
    expect(() => truth.down(host, watching, 1e6, 1e6)).not.toThrow();
    host.lostInARow = 3;
    expect(() => truth.down(host, watching, 1e6, 1e6)).toThrow(
      /h lives and is down .*3 of 4 beats were lost/,
    );
    expect(() => truth.down(host, { ...watching, misses: 8 }, 1e6, 1e6)).toThrow(/3 of 7/);
    host.die(1e6);
    expect(() => truth.down(host, watching, 1e6, 1e6)).not.toThrow();
  });

  test('E107: a dead host must not be waited for beyond its bound', () => {
    const truth = new TruthCheck(5, 500);
    const host = new SimulatedHost('h', 1_000, 'none', 0);
    truth.died(host, 10_000);
    expect(() => truth.stillWaitedFor(host, HostState.late, watching, 17_400)).not.toThrow();
    expect(() => truth.stillWaitedFor(host, HostState.down, watching, 60_000)).not.toThrow();
    expect(() => truth.stillWaitedFor(host, HostState.late, watching, 18_000)).toThrow(/died 8000 ms ago/);
    truth.countsFrom(12_000);
    expect(() => truth.stillWaitedFor(host, HostState.late, watching, 18_000)).not.toThrow();
  });
});
