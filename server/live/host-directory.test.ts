import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalLabels } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { HostDirectory } from './host-directory.ts';

const labels = (pairs: Record<string, string>) => canonicalLabels(Object.entries(pairs));
const naming = (name: string, pairs: Record<string, string> = {}) => ({
  id: hostIdHex(name),
  name,
  labels: labels(pairs),
});

describe('host directory', () => {
  test('a host is found by slot, place, id and name', () => {
    const directory = new HostDirectory();
    directory.register(5_000, { shard: 1, row: 70_000 }, naming('web-01', { rack: 'r1' }), 12.5);
    const slot = 5_000;
    expect(directory.find('web-01')).toBe(slot);
    expect(directory.find(hostIdHex('web-01'))).toBe(slot);
    expect(directory.slotOfId(hostIdHex('web-01'))).toBe(slot);
    expect(directory.slotAt({ shard: 1, row: 70_000 })).toBe(slot);
    expect(directory.slotAt({ shard: 0, row: 70_000 })).toBeNull();
    expect(directory.placeOf(slot)).toEqual({ shard: 1, row: 70_000 });
    expect({ ...directory.labelsOf(slot) }).toEqual({ rack: 'r1' });
    expect(directory.changedAtMsOf(slot)).toBe(12.5);
    expect(directory.slotCount).toBe(5_001);
    expect([directory.has(slot), directory.has(4_999), directory.size]).toEqual([true, false, 1]);
  });

  test('a host without a name is shown and found by its id until it is named', () => {
    const directory = new HostDirectory();
    const { id } = naming('web-01');
    directory.register(0, { shard: 0, row: 0 }, { id, name: null, labels: labels({}) }, 0);
    expect(directory.nameOf(0)).toBe(id);
    expect(directory.find(id)).toBe(0);
    expect(directory.describe(0, 'web-01', labels({ rack: 'r2' }))).toBe(true);
    expect(directory.nameOf(0)).toBe('web-01');
    expect(directory.describe(0, 'web-01', labels({ rack: 'r2' }))).toBe(false);
    expect(directory.describe(0, null, labels({}))).toBe(true);
    expect(directory.nameOf(0)).toBe('web-01');
    expect(directory.describe(0, null, labels({}))).toBe(false);
  });

  test('L89: a host whose name is the id of another stands for nobody but itself', () => {
    const directory = new HostDirectory();
    const name = hostIdHex('web-01');
    directory.register(0, { shard: 0, row: 0 }, naming('web-01'), 0);
    directory.register(1, { shard: 0, row: 1 }, naming(name), 0);
    expect(directory.find(name)).toBe(0);
    expect(directory.find('web-01')).toBe(0);
    expect(directory.find(hostIdHex(name))).toBe(1);
    directory.remove(0);
    expect(directory.find(name)).toBe(1);
  });

  test('L81: evidence comes back as it was set, unheard or not; a new host in the slot has none', () => {
    const directory = new HostDirectory();
    directory.register(0, { shard: 0, row: 0 }, naming('web-01'), 0);
    expect(directory.evidenceOf(0)).toBeNull();
    const evidence = {
      kind: 'timeout',
      silentMs: 5_012.25,
      intervalMs: 655_000,
      source: 'fe80::1',
      lostBeats: 3,
      expectedBeats: 64,
    } as const;
    directory.setEvidence(0, evidence);
    expect(directory.evidenceOf(0)).toEqual(evidence);
    directory.setEvidence(0, { ...evidence, kind: 'bye', source: null });
    expect(directory.evidenceOf(0)).toMatchObject({ kind: 'bye', source: null });
    const unheard = { ...evidence, unheard: true } as const;
    directory.setEvidence(0, unheard);
    expect(directory.evidenceOf(0)).toEqual(unheard);
    const connected = { ...evidence, connected: true } as const;
    directory.setEvidence(0, connected);
    expect(directory.evidenceOf(0)).toEqual(connected);
    directory.setEvidence(0, evidence);
    expect(directory.evidenceOf(0)).toEqual(evidence);
    directory.remove(0);
    expect(directory.find('web-01')).toBeNull();
    directory.register(0, { shard: 0, row: 0 }, naming('web-02'), 0);
    expect(directory.evidenceOf(0)).toBeNull();
  });

  test('L82: what the register keeps comes back as it was set; a new host in the slot has nothing kept', () => {
    const directory = new HostDirectory();
    const nothing = { intervalMs: 0, confirmed: false, unheard: false };
    directory.register(0, { shard: 0, row: 0 }, naming('web-01'), 12);
    expect(directory.keptOf(0)).toEqual({ registeredAtMs: 12, ...nothing });
    const kept = { registeredAtMs: 1_732_108_000_123, intervalMs: 655_350, confirmed: true, unheard: true };
    directory.setKept(0, kept);
    directory.register(5_000, { shard: 0, row: 1 }, naming('web-02'), 13);
    expect(directory.keptOf(0)).toEqual(kept);
    directory.remove(0);
    directory.register(0, { shard: 0, row: 0 }, naming('web-03'), 14);
    expect(directory.keptOf(0)).toEqual({ registeredAtMs: 14, ...nothing });
  });

  test('hosts with equal labels share them, and labels nobody has are forgotten', () => {
    const directory = new HostDirectory();
    for (let slot = 0; slot < 3_000; slot++) {
      directory.register(slot, { shard: 0, row: slot }, naming(`h-${slot}`, { rack: `r${slot % 3}` }), 0);
    }
    expect(directory.labelSetCount).toBe(3);
    expect(directory.labelsOf(4)).toBe(directory.labelsOf(1));
    expect(directory.labelSetOf(4)).toBe(directory.labelSetOf(1));
    for (let turn = 0; turn < 50; turn++) directory.describe(0, null, labels({ turn: `${turn}` }));
    expect(directory.labelSetCount).toBe(4);
    for (let slot = 0; slot < 3_000; slot++) directory.remove(slot);
    expect(directory.labelSetCount).toBe(0);
  });

  test('any order of registering, describing and removing agrees with a plain map (seed 99)', () => {
    const act = fc.record({ slot: fc.nat({ max: 7 }), rack: fc.nat({ max: 2 }), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80, size: 'max' }), (acts) => {
        const directory = new HostDirectory();
        const model = new Map<number, string>();
        for (const { slot, rack, remove } of acts) {
          const set = { rack: `r${rack}` };
          if (!model.has(slot))
            directory.register(slot, { shard: slot % 2, row: slot }, naming(`h${slot}`, set), 0);
          else if (remove) directory.remove(slot);
          else directory.describe(slot, null, labels(set));
          if (model.has(slot) && remove) model.delete(slot);
          else model.set(slot, set.rack);
          const slots = [0, 1, 2, 3, 4, 5, 6, 7];
          const known = (slot: number, value: number | null) => (model.has(slot) ? value : null);
          // One expectation an act: a quarter of a million of them would take seconds.
          expect([
            directory.size,
            directory.labelSetCount,
            slots.map((each) => directory.find(`h${each}`)),
            slots.map((each) => directory.slotAt({ shard: each % 2, row: each })),
            slots.filter((each) => model.has(each)).map((each) => directory.labelsOf(each).rack),
          ]).toEqual([
            model.size,
            new Set(model.values()).size,
            slots.map((each) => known(each, each)),
            slots.map((each) => known(each, each)),
            slots.filter((each) => model.has(each)).map((each) => model.get(each)),
          ]);
        }
      }),
      { seed: 99, numRuns: 300 },
    );
  });
});
