import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { canonicalLabels } from '#lib/protocol/host.ts';
import { eachHost } from '../host-page.ts';
import type { StoredHost } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const HOSTS = 20_500;

/** With and without name, labels that many share and that nobody shares, heard and not, some that left. */
function hostAt(i: number): StoredHost {
  const evidence = {
    kind: 'bye',
    silentMs: i + 0.5,
    intervalMs: 5_000,
    source: i % 2 === 0 ? '10.0.0.1' : null,
    lostBeats: 1,
    expectedBeats: 64,
  } as const;
  return {
    id: i.toString(16).padStart(16, '0'),
    name: i % 7 === 0 ? null : `web-${i}`,
    labels: canonicalLabels(
      i % 5 === 0
        ? []
        : [
            ['rack', `r${i % 40}`],
            ['owner', i % 3 === 0 ? `größe-${i}` : 'ops'],
          ],
    ),
    intervalMs: 10 * (1 + (i % 60_000)),
    registeredAt: 1_700_000_000_000 + i,
    confirmed: i % 2 === 0,
    ...(i % 11 === 0 ? { unheard: true as const } : {}),
    left: i % 13 === 0 ? { at: 1_700_000_100_000 + i, evidence: i % 26 === 0 ? evidence : null } : null,
  };
}

/** A database file with these hosts, and nobody has it open. */
async function written(hosts: readonly StoredHost[], then: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-pages-'));
  const path = join(folder, 'pulsewatch.db');
  try {
    const store = await openSqliteStore({ path });
    await store.load(1);
    await store.append({ hosts }, 'history');
    await store.close();
    await then(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readFrom(path: string): Promise<StoredHost[]> {
  const store = await openSqliteStore({ path });
  try {
    await store.load(2);
    const found: StoredHost[] = [];
    for await (const host of eachHost(store.hosts())) found.push(host);
    return found;
  } finally {
    await store.close();
  }
}

test('S32: the register comes back whole, each host once, page by page', async () => {
  const all = Array.from({ length: HOSTS }, (_, i) => hostAt(i));
  await written(all, async (path) => {
    const store = await openSqliteStore({ path });
    await store.load(2);
    const lengths: number[] = [];
    async function* pages() {
      for await (const page of store.hosts()) {
        lengths.push(page.length);
        yield page;
      }
    }
    const found: StoredHost[] = [];
    for await (const host of eachHost(pages())) found.push(host);
    await store.close();
    expect(lengths.length).toBeGreaterThan(2);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(HOSTS);
    expect(found).toEqual(all);
    // Equal label sets are one object, and none has a prototype.
    expect(new Set(found.map(({ labels }) => labels)).size).toBeLessThan(HOSTS / 2);
    expect(found.every(({ labels }) => Object.getPrototypeOf(labels) === null)).toBe(true);
  });
});

test('S32, S36: a second reading, also beside one that is not gone through, is the same', async () => {
  const all = Array.from({ length: HOSTS }, (_, i) => hostAt(i));
  await written(all, async (path) => {
    const store = await openSqliteStore({ path });
    await store.load(2);
    for await (const page of store.hosts()) if (page.length > 0) break;
    const found: StoredHost[] = [];
    for await (const host of eachHost(store.hosts())) found.push(host);
    await store.close();
    expect(found).toEqual(all);
  });
});

test('S32: one host without a name or labels, and an interval to the last digit', async () => {
  const one = { ...hostAt(0), labels: canonicalLabels([]), intervalMs: 1_000 / 3, left: null };
  await written([one], async (path) => expect(await readFrom(path)).toEqual([one]));
});

test.each([
  ["id = 'nonsense' || substr(id, 9)", 'the register has a host "nonsense00000001"'],
  ["id = 'short'", 'the register has an id that is not 16 lower-case hex digits'],
  ["name = 'web' || char(10) || '1'", 'a text with a line break: 4 lines for 3 hosts'],
  ["labels = 'rack=r1'", 'the register has labels that are no JSON: rack=r1'],
  ["labels = '{' || char(10) || '}'", 'a text with a line break: 4 lines for 3 hosts'],
])('S35: a register with %s is refused with what is wrong', async (change, message) => {
  await written([hostAt(1), hostAt(2), hostAt(3)], async (path) => {
    const database = new DatabaseSync(path);
    database.exec(`UPDATE hosts SET ${change} WHERE no = 1`);
    database.close();
    await expect(readFrom(path)).rejects.toThrow(message);
  });
});
