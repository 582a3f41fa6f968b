import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { ENGINE_MODES } from './testing/engine-modes.ts';
import { Watch, withFleetOnTime } from './testing/watched-process.ts';

const HOSTS = 5_000;
const INTERVAL_MS = 250;
const BEATS_A_DATAGRAM = 40;
const VICTIM = 4_321;

/** Holds some 35 datagrams of 40 beats: what comes in 70 ms. */
const SMALL_BUFFER = { env: { WATCH_BUFFER_BYTES: '40000' } };

/** Reads for a short while and is kept from it for a longer one, which is still no blind gap. */
const READING_MS = { least: 15, more: 40 };
const KEPT_MS = { least: 90, more: 90 };

function some({ least, more }: { least: number; more: number }): number {
  return least + Math.random() * more;
}

/** A machine that cannot keep up: its readers get a part of the time alone. Gives a stop. */
function overload(watches: readonly Watch[]): () => Promise<void> {
  let over = false;
  const running = (async () => {
    while (!over) {
      for (const { child } of watches) child.kill('SIGSTOP');
      await sleep(some(KEPT_MS));
      for (const { child } of watches) child.kill('SIGCONT');
      await sleep(some(READING_MS));
    }
  })();
  return async () => {
    over = true;
    await running;
  };
}

test(
  'E91: more than can be read: degraded within 5 s, the dead are found meanwhile, and nobody alive goes down',
  {
    timeout: 120_000,
  },
  () =>
    withFleetOnTime(INTERVAL_MS, async (startFleet) => {
      const naive = Watch.naive(SMALL_BUFFER);
      const engines = ENGINE_MODES.map((mode) => Watch.engine(mode, SMALL_BUFFER));
      const watches = [naive, ...engines];
      const ports = await Promise.all(watches.map((watch) => watch.port()));
      const allKnown = Promise.all(watches.map((watch) => watch.knows(HOSTS)));
      const fleet = startFleet(HOSTS, INTERVAL_MS, BEATS_A_DATAGRAM, ports);
      await allKnown;

      const startedAtMs = performance.now();
      const degraded = engines.map(async (engine) => {
        await engine.next((fact) => fact.fact === 'health' && fact.degraded);
        return performance.now() - startedAtMs;
      });
      const stop = overload(watches);
      const degradedAfterMs = await Promise.all(degraded);
      const victim = hostIdHex(`host-${VICTIM}`);
      const found = engines.map((engine) =>
        engine.next((fact) => fact.fact === 'down' && fact.ids.includes(victim)),
      );
      await fleet.silence(VICTIM);
      await Promise.all(found);
      const during = engines.map((engine, i) => ({ ...ENGINE_MODES[i], ...engine.health }));
      await stop();
      // Whoever is alive is heard within an interval now; the bar comes down when the drops are ten seconds old.
      await sleep(2_000);

      expect(degradedAfterMs.filter((ms) => ms > 5_000)).toEqual([]);
      // It was an overload, and not an idle stop.
      expect(during.filter(({ dropShare }) => !(dropShare! > 0.05))).toEqual([]);
      expect(naive.down.length).toBeGreaterThan(HOSTS / 10);
      const falseDowns = engines.map((engine) => engine.down.filter((id) => id !== victim).length);
      expect({ falseDowns, during }).toEqual({ falseDowns: engines.map(() => 0), during });
    }),
);
