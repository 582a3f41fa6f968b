import { describe, expect, test } from 'vitest';
import type { HostSort } from '#lib/protocol/api.ts';
import { canonicalLabels, HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { LiveLog } from '../live/live-log.ts';
import { apiAlone } from '../testing/api-alone.ts';
import { parseFilter } from './host-filter.ts';
import { HOST_SORTS, matchingHosts, queryHosts } from './host-query.ts';

const HOSTS = 6_000;
const collator = new Intl.Collator('en', { numeric: true });

/** Registered in the order of their names, every third in a rack, every fifth down. */
function fleet(hosts = HOSTS) {
  const live = new LiveLog({
    epoch: '0123456789abcdef',
    capacity: 2 * hosts,
    rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
  });
  const { context } = apiAlone({ live });
  const add = (name: string, i: number, given: string | null = name): void => {
    const slot = live.allotSlot(0)!;
    const labels = canonicalLabels([['rack', `r${i % 3}`]]);
    context.directory.register(
      slot,
      { shard: 0, row: slot },
      { id: hostIdHex(name), name: given, labels },
      i,
    );
    live.stageState(slot, i % 5 === 0 ? HostState.down : HostState.up);
  };
  for (let i = 0; i < hosts; i++) add(`web-${i}`, i);
  live.publish(0);
  return { context, live, add };
}

const everything = parseFilter(undefined, undefined, undefined);

async function allPages(context: ReturnType<typeof fleet>['context'], sort: HostSort, filter = everything) {
  const names: string[] = [];
  let cursor: string | null = null;
  let total = 0;
  do {
    const page = await queryHosts(context, filter, sort, 500, cursor);
    names.push(...page.slots.map((slot) => context.directory.nameOf(slot)));
    total = page.total;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { names, total };
}

describe('lists of many hosts', () => {
  test('H80: in every order all pages are the whole list, also where the last come first', async () => {
    const { context } = fleet();
    const ascending = Array.from({ length: HOSTS }, (_, i) => `web-${i}`).toSorted(collator.compare);
    for (const sort of HOST_SORTS) {
      const { names, total } = await allPages(context, sort);
      expect(total).toBe(HOSTS);
      expect(new Set(names).size).toBe(HOSTS);
      if (sort === 'name') expect(names).toEqual(ascending);
      if (sort === '-name') expect(names).toEqual(ascending.toReversed());
      if (sort === 'changedAt') expect(names[0]).toBe('web-0');
      if (sort === '-changedAt') expect(names[0]).toBe(`web-${HOSTS - 1}`);
      if (sort === 'state') expect(names.slice(0, 3)).toEqual(['web-0', 'web-5', 'web-10']);
    }
  });

  test('H80: who comes during a search may be in it, who was there before is', async () => {
    const { context, live, add } = fleet();
    const searching = matchingHosts(context, parseFilter('down', 'WEB-', 'rack:r0'));
    for (let i = HOSTS; i < HOSTS + 1_000; i++) add(`web-${i}`, i);
    live.publish(1);
    const found = new Set(await searching);
    const before = Array.from({ length: HOSTS / 15 }, (_, i) => hostIdHex(`web-${15 * i}`));
    expect(before.filter((id) => !found.has(id))).toEqual([]);
    expect(found.size).toBeLessThanOrEqual(before.length + 1_000);
  });

  test('H79: hosts without a name are found by a part of their id, in any case', async () => {
    const { context, live, add } = fleet(10);
    add('nameless', 3, null);
    live.publish(1);
    const id = hostIdHex('nameless');
    const page = await queryHosts(
      context,
      parseFilter(undefined, id.slice(3, 9).toUpperCase(), undefined),
      'name',
      10,
      null,
    );
    expect(page.slots.map((slot) => context.directory.idOf(slot))).toEqual([id]);
    const none = await queryHosts(context, parseFilter(undefined, 'zzz', undefined), 'name', 10, null);
    expect(none).toEqual({ total: 0, slots: [], nextCursor: null });
  });
});
