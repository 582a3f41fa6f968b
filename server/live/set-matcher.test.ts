import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalLabels } from '#lib/protocol/host.ts';
import { LabelSets } from './label-sets.ts';
import { SetMatcher } from './set-matcher.ts';

test('L88: a filter over label sets agrees with one over objects, while sets come and go (seed 5)', () => {
  const set = fc.record({ rack: fc.nat({ max: 3 }), role: fc.constantFrom('web', 'Web-DB', 'cache') });
  const act = fc.record({ set, slot: fc.nat({ max: 5 }), look: fc.boolean() });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: 'max' }), (acts) => {
      const sets = new LabelSets(1);
      const matcher = new SetMatcher(sets, [['rack', 'r1']], (value) => value.toLowerCase().includes('web'));
      const held = new Map<number, { number: number; rack: string; role: string }>();
      for (const { set: own, slot, look } of acts) {
        const labels = { rack: `r${own.rack}`, role: own.role };
        const before = held.get(slot);
        const number = sets.take(canonicalLabels(Object.entries(labels)));
        if (before !== undefined) sets.release(before.number);
        held.set(slot, { number, ...labels });
        // What was known of a set must not outlive it.
        if (!look) continue;
        for (const { number: each, rack, role } of held.values()) {
          expect([matcher.hasAll(each), matcher.hasSome(each)]).toEqual([
            rack === 'r1',
            role.toLowerCase().includes('web'),
          ]);
        }
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('L88: a filter without labels takes every set; a label nobody has takes none', () => {
  const sets = new LabelSets(1);
  const empty = sets.take(canonicalLabels([]));
  const web = sets.take(canonicalLabels([['role', 'web']]));
  const all = new SetMatcher(sets, [], () => true);
  expect([all.hasAll(empty), all.hasAll(web), all.hasSome(empty), all.hasSome(web)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  const nobody = new SetMatcher(sets, [['role', 'db']], () => false);
  expect([nobody.hasAll(empty), nobody.hasAll(web)]).toEqual([false, false]);
});
