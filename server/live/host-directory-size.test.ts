import { describe, expect, test } from 'vitest';
import { canonicalLabels } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { HostDirectory } from './host-directory.ts';

const HOSTS = 100_000;

/** Racks, roles and zones, as a fleet has them; `own`: and a label that no other host has. */
function fill(directory: HostDirectory, own: boolean, hosts = HOSTS, turn = ''): void {
  for (let i = 0; i < hosts; i++) {
    const name = `web-${turn}${String(i).padStart(7, '0')}.eu1`;
    const labels = canonicalLabels([
      ['rack', `r${i % 2_500}`],
      ['role', ['web', 'db', 'cache', 'queue'][i % 4]!],
      own ? ['serial', `${turn}${(i * 7_919) % 1_000_003}`] : ['zone', `eu-${i % 3}`],
    ]);
    directory.register(i, { shard: 0, row: i }, { id: hostIdHex(name), name, labels }, 0);
    directory.nameSource(0, i, `10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`);
  }
}

describe('what a host takes', () => {
  test('L83: at most 165 bytes with a name, three labels and an address of its own', () => {
    const directory = new HostDirectory();
    fill(directory, false);
    expect(directory.bytes / HOSTS).toBeLessThan(165);
  });

  test('L86: also where every host has a label of its own it is bounded: at most 300 bytes', () => {
    const directory = new HostDirectory();
    fill(directory, true);
    expect(directory.labelSetCount).toBe(HOSTS);
    expect(directory.bytes / HOSTS).toBeLessThan(300);
    expect({ ...directory.labelsOf(77_777) }).toEqual({
      rack: `r${77_777 % 2_500}`,
      role: 'db',
      serial: `${(77_777 * 7_919) % 1_000_003}`,
    });
  });

  test('L84: a fleet that goes and comes under other names takes no further memory', () => {
    const directory = new HostDirectory();
    const hosts = 10_000;
    fill(directory, true, hosts, 'a');
    const after = directory.bytes;
    for (const turn of ['b', 'c', 'd', 'e']) {
      for (let slot = 0; slot < hosts; slot++) directory.remove(slot);
      expect([directory.size, directory.labelSetCount]).toEqual([0, 0]);
      fill(directory, true, hosts, turn);
    }
    expect(directory.bytes).toBeLessThan(after * 1.1);
    expect(directory.find(`web-e${'7'.padStart(7, '0')}.eu1`)).toBe(7);
  });
});
