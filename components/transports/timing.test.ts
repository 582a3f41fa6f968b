import { expect, test } from 'vitest';
import { TRANSPORTS } from '@/lib/client/ladder.ts';
import { TIMINGS, TRANSIT } from './timing.ts';

test.each(TRANSPORTS)('%s: the change is seen when the first news sent after it arrives', (transport) => {
  const { messages, changeAt, seenAt } = TIMINGS[transport];
  const news = messages.find(({ kind, at }) => kind === 'news' && at >= changeAt);
  expect(seenAt).toBe(news!.at + TRANSIT);
});

test('push takes one transit, long polling three at worst (the change comes a moment after the answer), polling more', () => {
  const waits = TRANSPORTS.map((transport) => TIMINGS[transport].seenAt - TIMINGS[transport].changeAt);
  expect(waits.slice(0, 2)).toEqual([TRANSIT, TRANSIT]);
  expect(waits[2]).toBeGreaterThan(2.5 * TRANSIT);
  expect(waits[2]).toBeLessThanOrEqual(3 * TRANSIT);
  expect(waits[3]).toBeGreaterThan(3 * TRANSIT);
});

test.each(TRANSPORTS)('%s: nobody answers what has not arrived', (transport) => {
  const { messages } = TIMINGS[transport];
  if (transport === 'socketio' || transport === 'sse') return expect(messages.at(-1)!.kind).toBe('news');
  for (const [index, message] of messages.entries()) {
    if (message.kind === 'ask') continue;
    const ask = messages.slice(0, index).findLast(({ kind }) => kind === 'ask');
    expect(message.at).toBeGreaterThanOrEqual(ask!.at + TRANSIT);
  }
});
