import { expect, test } from 'vitest';
import { FleetSampler, SAMPLE_EVERY_MS } from './fleet-samples.ts';

const counts = { total: 9, pending: 0, up: 6, late: 1, down: 2, left: 0, acknowledged: 1, maintenance: 0 };

test('rates are means over the sample, and the ring holds ten minutes', () => {
  const sampler = new FleetSampler();
  sampler.sample(0, counts, { heartbeats: 0, changes: 0 });
  expect(sampler.read(-1).samples).toEqual([]);
  sampler.sample(2_500, counts, { heartbeats: 1_000, changes: 1 });
  const first = { at: 2_500, pending: 0, up: 6, late: 1, down: 2, left: 0 };
  expect(sampler.read(-1).samples).toEqual([{ ...first, heartbeatsPerSecond: 400, changesPerSecond: 0.4 }]);
  for (let i = 2; i <= 500; i++)
    sampler.sample(i * SAMPLE_EVERY_MS, counts, { heartbeats: 1_000, changes: 1 });
  const { samples } = sampler.read(-1);
  expect(samples).toHaveLength(300);
  expect(samples.at(-1)).toMatchObject({ at: 1_000_000, heartbeatsPerSecond: 0 });
  expect(sampler.read(999_000).samples).toHaveLength(1);
});
