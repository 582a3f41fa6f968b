import { afterEach, expect, test, vi } from 'vitest';
import { MAX_STREAMS } from './ladder.ts';
import { type Locks, locksOfPage, type Release, StreamLease } from './stream-lease.ts';

const locks: Locks = navigator.locks;
const given: Release[] = [];

afterEach(async () => {
  for (const release of given.splice(0)) release();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await free(MAX_STREAMS);
});

async function take(lease: StreamLease): Promise<Release | null> {
  const release = await lease.take();
  if (release !== null) given.push(release);
  return release;
}

/** Locks are given back a moment after their release. */
const free = (places: number) =>
  vi.waitFor(async () => {
    const { held } = await navigator.locks.query();
    expect(held!.filter(({ name }) => name!.startsWith('pw.stream.'))).toHaveLength(MAX_STREAMS - places);
  });

test('C44: four pages stream, a fifth gets no lease until one of them ends', async () => {
  const pages = Array.from({ length: MAX_STREAMS }, () => new StreamLease(locks));
  const releases = await Promise.all(pages.map(take));
  expect(releases).not.toContain(null);
  const fifth = new StreamLease(locks);
  expect(await take(fifth)).toBe(null);
  releases[2]!();
  await free(1);
  expect(await take(fifth)).not.toBe(null);
  expect(await take(new StreamLease(locks))).toBe(null);
});

test('C44: the streams of one page share one lease, held until the last of them ends', async () => {
  const page = new StreamLease(locks);
  const [old, next] = await Promise.all([take(page), take(page)]);
  await free(MAX_STREAMS - 1);
  old!();
  old!();
  const third = await take(page);
  next!();
  await free(MAX_STREAMS - 1);
  third!();
  await free(MAX_STREAMS);
});

test('C44: no lease is needed over HTTP/2 or 3, none is to be had without Web Locks', async () => {
  const over = (nextHopProtocol: string): Locks | null => {
    vi.spyOn(performance, 'getEntriesByType').mockReturnValue([{ nextHopProtocol } as never]);
    return locksOfPage();
  };
  expect([over('http/1.1'), over('h2'), over('h3')]).toEqual([navigator.locks, null, null]);
  const unlimited = new StreamLease(over('h2'));
  for (let i = 0; i < 10; i++) expect(await take(unlimited)).not.toBe(null);
  await free(MAX_STREAMS);
  over('http/1.1');
  vi.stubGlobal('navigator', {});
  expect(locksOfPage()).toBe(null);
});

test('C44: a browser that forbids locks is no hindrance', async () => {
  const forbidden = { request: () => Promise.reject(new DOMException('denied', 'SecurityError')) };
  expect(await take(new StreamLease(forbidden as unknown as Locks))).not.toBe(null);
});
