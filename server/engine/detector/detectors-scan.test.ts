import fc from 'fast-check';
import { describe, test } from 'vitest';
import { POLICY } from '../testing/shard-probe.ts';
import { restored, step, TwoFleets } from '../testing/two-fleets.ts';

describe('a full scan', () => {
  test.each([
    ['the default policy', POLICY],
    ['clamped timeouts', { misses: 3, minTimeoutMs: 1_000, maxTimeoutMs: 4_000 }],
  ])(
    'E96 E97 E98 E99: finds what lists and wheel find, whatever the detectors (%s)',
    { timeout: 60_000 },
    (_, policy) => {
      fc.assert(
        fc.property(restored, fc.array(step, { minLength: 20, maxLength: 300 }), (before, steps) => {
          const fleets = new TwoFleets(policy);
          fleets.restore(before);
          for (const one of steps) {
            fleets.run(one);
            fleets.compare();
          }
        }),
        { numRuns: 100 },
      );
    },
  );
});
