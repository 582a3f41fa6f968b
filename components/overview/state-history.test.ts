import { expect, test } from 'vitest';
import type { HostEvent, HostEventKind } from '@/lib/protocol/host.ts';
import { readStateHistory } from './state-history.ts';

/** A history of so many events of each kind, newest first, in pages as the API gives them. */
function historyOf(...runs: (readonly [HostEventKind, number])[]) {
  const kinds = runs.flatMap(([kind, count]) => Array<HostEventKind>(count).fill(kind));
  const events = kinds.map(
    (kind, i): HostEvent => ({
      at: 1e6 - i,
      hostId: 'a',
      host: 'a',
      kind,
      reason: null,
      evidence: null,
      by: null,
    }),
  );
  const asked: number[] = [];
  const read = async ({ limit = 0, cursor = '0' }: { limit?: number; cursor?: string }) => {
    asked.push(limit);
    const from = Number(cursor);
    const to = from + limit;
    return { events: events.slice(from, to), nextCursor: to < events.length ? String(to) : null };
  };
  return { read, asked };
}

test('behind many events that are no change of state it reads on until it has enough', async () => {
  const { read, asked } = historyOf(['acknowledged', 600], ['down', 30], ['up', 4_000]);
  const { only, others } = await readStateHistory(read);
  expect(only[0]).toMatchObject({ kind: 'down', at: 1e6 - 600 });
  expect([only.length > 20, others, asked]).toEqual([true, true, [50, 500, 500]]);
});

test('one request is enough where changes of state come first, or nothing else is there', async () => {
  for (const history of [historyOf(['up', 900]), historyOf(['registered', 3]), historyOf()]) {
    const { read, asked } = history;
    await readStateHistory(read);
    expect(asked).toEqual([50]);
  }
});

test('it ends somewhere, and tells that something else has happened', async () => {
  const { read, asked } = historyOf(['registered', 100_000], ['down', 1]);
  expect(await readStateHistory(read)).toEqual({ only: [], others: true });
  expect(asked).toHaveLength(5);
  expect(await readStateHistory(historyOf().read)).toEqual({ only: [], others: false });
});
