import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canonicalLabels } from '#lib/protocol/host.ts';
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

test('S32: the register comes back whole, each host once, page by page', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-pages-'));
  const path = join(folder, 'pulsewatch.db');
  try {
    const store = await openSqliteStore({ path });
    await store.load(1);
    const all = Array.from({ length: HOSTS }, (_, i) => hostAt(i));
    await store.append({ hosts: all }, 'history');
    await store.close();
    const again = await openSqliteStore({ path });
    await again.load(2);
    const lengths: number[] = [];
    const found: StoredHost[] = [];
    for await (const page of again.hosts()) {
      lengths.push(page.length);
      const hosts = [...page];
      // Gone through again it is the same.
      expect([...page].at(-1)).toEqual(hosts.at(-1));
      found.push(...hosts);
    }
    await again.close();
    expect(lengths.length).toBeGreaterThan(2);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(HOSTS);
    expect(found).toEqual(all);
    // Equal label sets are one object, and none has a prototype.
    expect(new Set(found.map(({ labels }) => labels)).size).toBeLessThan(HOSTS / 2);
    expect(found.every(({ labels }) => Object.getPrototypeOf(labels) === null)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
