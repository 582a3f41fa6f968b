import { describe, expect, test } from 'vitest';
import { POLICY, ShardProbe, START_MS } from '../testing/shard-probe.ts';
import type { DetectorPolicies } from './policies.ts';

const POLICIES: DetectorPolicies = [
  { labels: [['d', 'patient']], detector: { kind: 'fixed', misses: 10 } },
  { labels: [['d', 'batch']], detector: { kind: 'adaptive', z: 8, floorMs: 2_000, capMs: 60_000 } },
  { labels: [['d', 'radio']], detector: { kind: 'loss-window', received: 19, of: 20 } },
];

function fleet(policy = POLICY): ShardProbe {
  const probe = new ShardProbe({ policy, policies: POLICIES });
  for (const d of ['plain', 'patient', 'batch', 'radio']) probe.hello(d, { d });
  probe.expect('named');
  probe.news();
  return probe;
}

/** Time passes while the bar stands at `misses`; what was told, with its second. */
function passUnder(probe: ShardProbe, spanMs: number, misses: number): string[] {
  const told: string[] = [];
  for (const endMs = probe.nowMs + spanMs; probe.nowMs < endMs; ) {
    probe.nowMs += 10;
    probe.shard.tick(probe.nowMs, probe.nowMs, probe.nowMs, misses);
    probe.collect();
    told.push(...probe.news().map((word) => `${word} ${(probe.nowMs - START_MS) / 1_000}`));
  }
  return told.sort();
}

describe('the bar', () => {
  test('E97: at what is set, or below it, it raises nobody', () => {
    for (const misses of [0, 3, 5]) {
      expect(passUnder(fleet(), 20_000, misses)).toEqual([
        'batch down 5',
        'batch late 2.5',
        'named down 5',
        'patient down 10',
        'patient late 2.5',
        'plain down 5',
        'plain late 2.5',
        'radio down 2.5',
      ]);
    }
  });

  test('E97: above it, it raises all who would be down sooner, and what makes them late in proportion', () => {
    expect(passUnder(fleet(), 20_000, 8)).toEqual([
      'batch down 8',
      'batch late 4',
      'named down 8',
      'patient down 10',
      'patient late 2.5',
      'plain down 8',
      'plain late 4',
      'radio down 8',
    ]);
  });

  test('E97: not beyond the longest timeout that may be', () => {
    const policy = { ...POLICY, maxTimeoutMs: 6_000 };
    const downs = passUnder(fleet(policy), 20_000, 170).filter((word) => word.includes('down'));
    expect(downs).toEqual(['batch down 6', 'named down 6', 'patient down 6', 'plain down 6', 'radio down 6']);
  });

  test('E97: once it comes down, whom it alone kept up is found at once', () => {
    const probe = fleet();
    expect(passUnder(probe, 12_000, 30)).toEqual(['patient late 7.5']);
    expect(passUnder(probe, 10, 12)).toEqual([
      'batch down 12.01',
      'named down 12.01',
      'patient down 12.01',
      'plain down 12.01',
      'radio down 12.01',
    ]);
  });
});
