import { expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { ENGINE_MODES } from './testing/engine-modes.ts';
import { Watch, withFleetOnTime } from './testing/watched-process.ts';

/** Larger in the soak: server/bench/stalls.ts. */
const { STALL_SECONDS, STALL_HOSTS, STALL_RECEIVER, STALL_SHARDS } = process.env;
const HOSTS = Number(STALL_HOSTS ?? 5_000);
const MODES = ENGINE_MODES.filter(
  ({ receiver, shards }) =>
    (STALL_RECEIVER ?? receiver) === receiver && Number(STALL_SHARDS ?? shards) === shards,
);
const STOPS =
  STALL_SECONDS === undefined
    ? [
        { stopMs: 1_000, intervalMs: 250 },
        { stopMs: 5_000, intervalMs: 1_000 },
      ]
    : [{ stopMs: 1_000 * Number(STALL_SECONDS), intervalMs: 1_000 }];
const BEATS_A_DATAGRAM = 40;
const MISSES = 3;
const VICTIM = 1_234;
/** What the machine may be late with, its own and ours. */
const SLACK_MS = 500;

test.each(STOPS)(
  'E42: stopped for $stopMs ms: no living host goes down, where a plain sweep buries them; who died then is found',
  {
    timeout: 90_000 + 10 * Math.max(...STOPS.map(({ stopMs }) => stopMs)),
  },
  ({ stopMs, intervalMs }) =>
    withFleetOnTime(intervalMs, async (startFleet) => {
      const naive = Watch.naive();
      const engines = MODES.map((mode) => Watch.engine(mode, {}, HOSTS));
      const watches = [naive, ...engines];
      const ports = await Promise.all(watches.map((watch) => watch.port()));
      const allKnown = Promise.all(watches.map((watch) => watch.knows(HOSTS)));
      const fleet = startFleet(HOSTS, intervalMs, BEATS_A_DATAGRAM, ports);
      await allKnown;

      const naiveDown = naive.next(({ fact }) => fact === 'down');
      const blind = engines.map((engine) =>
        engine.next((fact) => fact.fact === 'health' && fact.blindMs >= stopMs - 500),
      );
      for (const { child } of watches) child.kill('SIGSTOP');
      await fleet.silence(VICTIM);
      const diedAtMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, stopMs));
      const victim = hostIdHex(`host-${VICTIM}`);
      const victimDown = engines.map((engine) =>
        engine.next((fact) => fact.fact === 'down' && fact.ids.includes(victim)),
      );
      for (const { child } of watches) child.kill('SIGCONT');

      await naiveDown;
      expect(naive.down.length).toBeGreaterThan(0.4 * HOSTS);
      await Promise.all([...blind, ...victimDown]);
      const timeoutMs = Math.max(500, MISSES * intervalMs);
      const found = engines.map((engine, i) => {
        const living = engine.down.filter((id) => id !== victim).length;
        const foundMs = engine.downAtMs.get(victim)! - diedAtMs;
        // A busy machine stops us more often than the test does.
        const stoppedMs = Math.max(stopMs, engine.health!.blindMs);
        return { ...MODES[i], living, foundMs, limitMs: timeoutMs + stoppedMs + 2 * intervalMs + SLACK_MS };
      });
      expect(found.filter(({ living }) => living > 0)).toEqual([]);
      expect(found.filter(({ foundMs, limitMs }) => foundMs > limitMs)).toEqual([]);
    }),
);
