import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostTable } from './host-table.ts';
import { allocateShardMemory, NONE, openShardColumns } from './layout.ts';

test('E45: the host table finds what a map would find, through any additions and removals', () => {
  const maxHosts = 48;
  // Few distinct words, so that probes collide, wrap round and share tags.
  const word = fc.constantFrom(0, 1, 2, 0x01000000, 0x02000000, 0xffffffff, 0xff000001);
  const steps = fc.array(fc.record({ high: word, low: word, add: fc.boolean() }), { maxLength: 400 });
  fc.assert(
    fc.property(steps, fc.integer(), (script, seed) => {
      const columns = openShardColumns(allocateShardMemory(maxHosts), maxHosts);
      const table = new HostTable(columns, seed);
      const model = new Map<string, number>();
      const free = Array.from({ length: maxHosts }, (_, row) => row);
      const check = (high: number, low: number): void => {
        expect(table.find(high, low)).toBe(model.get(`${high} ${low}`) ?? NONE);
      };
      for (const { high, low, add } of script) {
        const key = `${high} ${low}`;
        const row = model.get(key);
        if (add && row === undefined && free.length > 0) {
          const taken = free.pop()!;
          columns.idHigh[taken] = high;
          columns.idLow[taken] = low;
          table.insert(taken);
          model.set(key, taken);
        } else if (!add && row !== undefined) {
          expect(table.remove(row)).toBe(true);
          expect(table.remove(row)).toBe(false);
          model.delete(key);
          free.push(row);
        }
        check(high, low);
      }
      for (const row of model.values()) check(columns.idHigh[row]!, columns.idLow[row]!);
      expect(columns.table.filter((entry) => entry !== 0)).toHaveLength(model.size);
    }),
    { numRuns: 150 },
  );
});
