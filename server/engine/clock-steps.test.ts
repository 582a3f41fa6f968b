import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { ENGINE_MODES } from './testing/engine-modes.ts';
import { Watch, withFleetOnTime } from './testing/watched-process.ts';

const HOSTS = 500;
const INTERVAL_MS = 250;
const MISSES = 3;
const VICTIM = 77;
const HOUR_MS = 3_600_000;

test(
  'E94: the time of day steps an hour on and two back: nobody goes down, nothing is blind, the dead are found',
  {
    timeout: 60_000,
  },
  () =>
    withFleetOnTime(INTERVAL_MS, async (startFleet) => {
      const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-clock-'));
      try {
        const offset = join(folder, 'offset');
        writeFileSync(offset, '+0');
        // Debian's faketime, reading its offset from a file at every call, so that it can be changed.
        const preload = execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], {
          encoding: 'utf8',
        });
        const env = {
          LD_PRELOAD: preload.trim(),
          FAKETIME_TIMESTAMP_FILE: offset,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        };
        const watches = ENGINE_MODES.map((mode) => Watch.engine(mode, { env }));
        const ports = await Promise.all(watches.map((watch) => watch.port()));
        const allKnown = Promise.all(watches.map((watch) => watch.knows(HOSTS)));
        const fleet = startFleet(HOSTS, INTERVAL_MS, 20, ports);
        await allKnown;
        const blindMs = watches.map(({ health }) => health?.blindMs ?? 0);
        for (const [text, ms] of [
          ['+1h', HOUR_MS],
          ['-1h', -HOUR_MS],
        ] as const) {
          writeFileSync(offset, text);
          const stepped = watches.map((watch) =>
            watch.next(
              (fact) => fact.fact === 'health' && Math.abs(fact.wallMs - Date.now() - ms) < HOUR_MS / 2,
            ),
          );
          await Promise.all(stepped);
          // Twice as long as a silent host would take.
          await sleep(2 * MISSES * INTERVAL_MS);
        }
        expect(watches.map(({ down }) => down)).toEqual(watches.map(() => []));
        for (const [i, { health }] of watches.entries()) {
          // A busy machine may stand still for a moment; an hour would be something else.
          expect(health!.blindMs - blindMs[i]!).toBeLessThan(5_000);
        }
        const victim = hostIdHex(`host-${VICTIM}`);
        const found = watches.map((watch) =>
          watch.next((fact) => fact.fact === 'down' && fact.ids.includes(victim)),
        );
        await fleet.silence(VICTIM);
        await Promise.all(found);
        expect(watches.map(({ down }) => down)).toEqual(watches.map(() => [victim]));
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
);
