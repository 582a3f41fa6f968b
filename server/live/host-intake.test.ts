import { expect, test } from 'vitest';
import { canonicalLabels, HostState, type Labels } from '#lib/protocol/host.ts';
import { hexWord, hostIdHex } from '../host-id.ts';
import { PAGE_SLOTS } from './host-columns.ts';
import { HostDirectory } from './host-directory.ts';
import type { HostsTaken } from './host-intake.ts';

type Host = {
  readonly id: string;
  readonly name: string | null;
  readonly labels: Labels;
  readonly registeredAt: number;
  readonly intervalMs: number;
  readonly confirmed: boolean;
  readonly unheard: boolean;
};

/** Some share their labels and some do not; some have no name. */
const hostAt = (i: number): Host => ({
  id: hostIdHex(`h${i}`),
  name: i % 7 === 0 ? null : `h${i}`,
  labels: canonicalLabels([['rack', `größe-${i % 3 === 0 ? i : i % 40}`]]),
  registeredAt: 1_700_000_000_000 + i,
  intervalMs: 10 * (1 + (i % 60_000)),
  confirmed: i % 2 === 0,
  unheard: i % 5 === 0,
});

/** `sets`: those that came before, by their texts; its numbers begin anew with `firstSet` 0. */
function taken(hosts: readonly Host[], sets: Map<string, number>): HostsTaken {
  const firstSet = sets.size;
  const newSets: Labels[] = [];
  const numbers = hosts.map(({ labels }) => {
    const text = JSON.stringify(labels);
    if (!sets.has(text)) {
      sets.set(text, sets.size);
      newSets.push(labels);
    }
    return sets.get(text)!;
  });
  const names = hosts.map(({ name }) => Buffer.from(name ?? ''));
  let end = -1;
  return {
    length: hosts.length,
    idHigh: Uint32Array.from(hosts, ({ id }) => hexWord(id, 0)),
    idLow: Uint32Array.from(hosts, ({ id }) => hexWord(id, 8)),
    intervalMs: Float64Array.from(hosts, ({ intervalMs }) => intervalMs),
    registeredAt: Float64Array.from(hosts, ({ registeredAt }) => registeredAt),
    confirmed: Uint8Array.from(hosts, ({ confirmed }) => Number(confirmed)),
    unheard: Uint8Array.from(hosts, ({ unheard }) => Number(unheard)),
    names: Buffer.from(names.join('\n')),
    nameEnds: Uint32Array.from(names, ({ length }) => {
      end += 1 + length;
      return end;
    }),
    labelSet: Uint32Array.from(numbers),
    firstSet,
    newSets,
  };
}

const seen = (directory: HostDirectory, slot: number) => ({
  id: directory.idOf(slot),
  name: directory.givenNameOf(slot),
  labels: directory.labelsOf(slot),
  state: directory.stateOf(slot),
  changedAtMs: directory.changedAtMsOf(slot),
  evidence: directory.evidenceOf(slot),
  ...directory.keptOf(slot),
});

test('hosts taken in are as if each had been registered, over pages of slots and whatever numbers sets have', () => {
  const hosts = Array.from({ length: 2 * PAGE_SLOTS + 100 }, (_, i) => hostAt(i));
  const directory = new HostDirectory();
  const intake = directory.intake();
  let sets = new Map<string, number>();
  for (let from = 0, size = 1; from < hosts.length; from += size, size = Math.min(9_000, 3 * size)) {
    if (size === 9_000) sets = new Map();
    intake.take(taken(hosts.slice(from, from + size), sets));
  }
  intake.end();
  expect([intake.length, directory.size, directory.slotCount]).toEqual([
    hosts.length,
    hosts.length,
    hosts.length,
  ]);
  const one = new HostDirectory();
  for (const [slot, { registeredAt, confirmed, unheard, intervalMs, ...naming }] of hosts.entries()) {
    one.register(slot, null, naming, registeredAt);
    one.setKept(slot, { registeredAtMs: registeredAt, intervalMs, confirmed, unheard });
    one.setState(slot, HostState.pending, registeredAt);
  }
  const differ = hosts.findIndex((_, slot) => {
    return JSON.stringify(seen(directory, slot)) !== JSON.stringify(seen(one, slot));
  });
  expect(differ).toBe(-1);
  expect(hosts.findIndex(({ id }, slot) => directory.slotOfId(id) !== slot)).toBe(-1);
  expect(directory.labelSetCount).toBe(one.labelSetCount);
  expect(directory.placeOf(0)).toEqual(one.placeOf(0));
});

test('nothing of it stays once the hosts are gone, and others can be registered', () => {
  const directory = new HostDirectory();
  const intake = directory.intake();
  const hosts = Array.from({ length: 300 }, (_, i) => hostAt(i));
  intake.take(taken(hosts, new Map()));
  intake.take(taken([hostAt(300)], new Map()));
  intake.end();
  for (let slot = 0; slot < 301; slot++) directory.remove(slot);
  expect([directory.size, directory.labelSetCount, directory.slotOfId(hosts[0]!.id)]).toEqual([0, 0, null]);
  directory.register(0, { shard: 0, row: 3 }, hosts[1]!, 5);
  expect([directory.slotOfId(hosts[1]!.id), directory.slotAt({ shard: 0, row: 3 })]).toEqual([0, 0]);
});

test('an intake needs an empty directory', () => {
  const directory = new HostDirectory();
  directory.intake().end();
  directory.register(0, null, hostAt(1), 5);
  expect(() => directory.intake()).toThrow('an intake needs an empty directory');
});
