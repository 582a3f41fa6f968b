import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { ENGINE_MODES } from './testing/engine-modes.ts';
import { Watch, withFleetOnTime } from './testing/watched-process.ts';

const HOSTS = 20_000;
const STOP_MS = 1_500;
const BEATS_A_DATAGRAM = 40;
const VICTIM = 12_345;

async function freePort(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return String(port);
}

test(
  'E42 E58: 20,000 hosts beat through a hold with a stop in it: none goes down but the one that died',
  {
    timeout: 90_000,
  },
  () =>
    withFleetOnTime(1_000, async (startFleet) => {
      // They beat before anybody listens, as they do when a server starts again.
      const ports = await Promise.all(ENGINE_MODES.map(freePort));
      const fleet = startFleet(HOSTS, 1_000, BEATS_A_DATAGRAM, ports);
      await fleet.allHaveBeaten();
      await fleet.silence(VICTIM);
      const watches = ENGINE_MODES.map((mode, i) => Watch.held(mode, HOSTS, ports[i]!));
      await Promise.all(watches.map((watch) => watch.port()));
      await new Promise((resolve) => setTimeout(resolve, STOP_MS));
      const stopped = watches.map((watch) =>
        watch.next((fact) => fact.fact === 'health' && fact.blindMs >= STOP_MS - 500),
      );
      for (const { child } of watches) child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, STOP_MS));
      for (const { child } of watches) child.kill('SIGCONT');
      await Promise.all(stopped);
      expect(watches.map(({ up }) => up)).toEqual(watches.map(() => 0));

      const victim = hostIdHex(`host-${VICTIM}`);
      const victimDown = watches.map((watch) =>
        watch.next((fact) => fact.fact === 'down' && fact.ids.includes(victim)),
      );
      for (const { child } of watches) child.stdin!.write('restore\n');
      await Promise.all(victimDown);
      for (const watch of watches) {
        expect(watch.down).toEqual([victim]);
        expect(watch.up).toBeGreaterThanOrEqual(HOSTS - 1);
      }
    }),
);
