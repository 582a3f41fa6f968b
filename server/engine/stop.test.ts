import { afterEach, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { endChildren, portOf, startChild, Watch } from './testing/watched-process.ts';

const HOSTS = 5_000;
const STOP_MS = 4_000;
const VICTIM = 1_234;

afterEach(endChildren);

test('E42: a stop of 4 s makes no living host down, where a plain sweep buries them all; a dead one is found', {
  timeout: 60_000,
}, async () => {
  const naive = new Watch('naive');
  const engine = new Watch('engine');
  const watches = [naive, engine];
  const ports = await Promise.all(watches.map((watch) => watch.next(({ fact }) => fact === 'listening')));
  const allKnown = watches.map((watch) =>
    watch.next((fact) => fact.fact === 'known' && fact.hosts === HOSTS),
  );
  const fleet = startChild('fleet-child.ts', String(HOSTS), '1000', ...ports.map(portOf));
  await Promise.all(allKnown);

  const naiveDown = naive.next(({ fact }) => fact === 'down');
  const blind = engine.next((fact) => fact.fact === 'blind' && fact.blindMs >= STOP_MS - 500);
  for (const { child } of watches) child.kill('SIGSTOP');
  fleet.stdin!.write(`kill ${VICTIM}\n`);
  await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  const victim = hostIdHex(`host-${VICTIM}`);
  const victimDown = engine.next((fact) => fact.fact === 'down' && fact.ids.includes(victim));
  for (const { child } of watches) child.kill('SIGCONT');

  await naiveDown;
  expect(naive.down.size).toBeGreaterThan(2_000);
  await blind;
  await victimDown;
  expect([...engine.down]).toEqual([victim]);
});
