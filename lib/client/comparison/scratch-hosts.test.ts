import { expect, test, vi } from 'vitest';
import type { Answer, ComparisonApi } from './comparison-api.ts';
import { createScratchHosts } from './scratch-hosts.ts';

const GONE = { kind: 'gone' } as const;

/** A server that keeps scratch hosts; `answers` come first, in the place of its own. */
function setUp() {
  const calls: string[] = [];
  const feeds = new Set<string>();
  const answers: Answer<never>[] = [];
  let held: Promise<void> | null = null;
  let made = 0;
  const call = async <T>(what: string, answer: () => Answer<T>): Promise<Answer<T>> => {
    calls.push(what);
    await held;
    return answers.shift() ?? answer();
  };
  const info = (feed: string, changesPerSecond: number) => ({
    kind: 'ok' as const,
    body: { feed, epoch: 'e', hosts: 1_000, changesPerSecond },
  });
  const api: ComparisonApi = {
    changes: () => expect.unreachable(),
    meters: () => expect.unreachable(),
    makeScratch: (rate) =>
      call(`make ${rate}`, () => {
        const feed = `f${++made}`;
        feeds.add(feed);
        return info(feed, rate);
      }),
    changeScratch: (feed, rate) => call(`${feed} ${rate}`, () => (feeds.has(feed) ? info(feed, rate) : GONE)),
    removeScratch: (feed) =>
      call(`remove ${feed}`, () => {
        feeds.delete(feed);
        return { kind: 'ok', body: {} };
      }),
  };
  const scratch = createScratchHosts(api, () => {});
  const hold = (): (() => void) => {
    let release = (): void => {};
    held = new Promise((resolve) => {
      release = () => {
        held = null;
        resolve();
      };
    });
    return release;
  };
  const until = (condition: () => boolean) =>
    vi.waitFor(() => expect(condition()).toBe(true), { timeout: 8_000, interval: 1 });
  return { scratch, calls, feeds, answers, hold, until };
}

test('C66: scratch hosts are made when changes are wanted, follow the rate, and are given back', async () => {
  const { scratch, calls, feeds, until } = setUp();
  scratch.want(50);
  expect(scratch.feed).toBe(null);
  await until(() => scratch.feed === 'f1');
  scratch.want(100);
  scratch.want(7);
  await until(() => calls.includes('f1 7'));
  scratch.want(7);
  scratch.want(0);
  expect(scratch.feed).toBe(null);
  await until(() => feeds.size === 0);
  expect(calls).toEqual(['make 50', 'f1 100', 'f1 7', 'remove f1']);
});

test('C66: hosts that come when nobody wants them any more are given back', async () => {
  const { scratch, calls, feeds, hold, until } = setUp();
  const release = hold();
  scratch.want(50);
  scratch.want(0);
  release();
  await until(() => calls.length === 2 && feeds.size === 0);
  expect([calls, scratch.feed]).toEqual([['make 50', 'remove f1'], null]);
});

test('C66: a rate that is refused when nobody wants it any more is no problem, and the hosts are given back', async () => {
  const { scratch, calls, feeds, answers, hold, until } = setUp();
  scratch.want(50);
  await until(() => scratch.feed === 'f1');
  const release = hold();
  answers.push({ kind: 'failed', detail: 'the server is stopping', retryAfterMs: 60_000 });
  scratch.want(60);
  scratch.want(0);
  release();
  await until(() => feeds.size === 0);
  expect([calls, scratch.problem]).toEqual([['make 50', 'f1 60', 'remove f1'], null]);
});

test('C66: lost hosts are made anew, and it is said meanwhile', async () => {
  const { scratch, feeds, hold, until } = setUp();
  scratch.want(50);
  await until(() => scratch.feed === 'f1');
  const release = hold();
  scratch.lost('f0');
  expect(scratch.feed).toBe('f1');
  scratch.lost('f1');
  expect([scratch.feed, scratch.problem?.kind]).toEqual([null, 'scratch-lost']);
  release();
  await until(() => scratch.feed === 'f2');
  expect(scratch.problem).toBe(null);
  feeds.clear();
  scratch.want(60);
  await until(() => scratch.feed === 'f3');
});

test('C66: a refusal is told and tried again when the server says', async () => {
  const { scratch, answers, calls, until } = setUp();
  answers.push({ kind: 'failed', detail: 'eight are enough', retryAfterMs: 1_000 });
  scratch.want(50);
  await until(() => scratch.problem !== null);
  expect([scratch.problem, scratch.feed]).toEqual([
    { kind: 'scratch-refused', detail: 'eight are enough' },
    null,
  ]);
  await until(() => scratch.feed === 'f1');
  expect([scratch.problem, calls]).toEqual([null, ['make 50', 'make 50']]);
});

test('C66: a server that cannot be reached has refused nothing; it is said and tried again', async () => {
  const { scratch, answers, calls, until } = setUp();
  answers.push({ kind: 'silent', detail: 'fetch failed' });
  scratch.want(50);
  await until(() => scratch.problem !== null);
  expect(scratch.problem).toEqual({ kind: 'scratch-unanswered', detail: 'fetch failed' });
  // Not put off by it.
  scratch.want(60);
  await until(() => scratch.feed === 'f1');
  expect([scratch.problem, calls]).toEqual([null, ['make 50', 'make 60']]);
});

test('C66: a refusal is forgotten with the wish', async () => {
  const { scratch, answers, until, calls } = setUp();
  answers.push(GONE);
  scratch.want(50);
  await until(() => scratch.problem !== null);
  scratch.want(0);
  expect(scratch.problem).toBe(null);
  scratch.want(5);
  await until(() => scratch.feed === 'f1');
  expect(calls).toEqual(['make 50', 'make 5']);
});
