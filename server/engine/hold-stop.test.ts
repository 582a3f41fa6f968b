import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { endChildren, startChild, Watch } from './testing/watched-process.ts';

const HOSTS = 20_000;
const STOP_MS = 1_500;
const VICTIM = 12_345;

afterEach(endChildren);

async function freePort(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return String(port);
}

test('E42 E58: 20,000 hosts beat through a hold with a stop in it: none goes down but the one that died', {
  timeout: 60_000,
}, async () => {
  // They beat before anybody listens, as they do when a server starts again.
  const port = await freePort();
  const fleet = startChild('fleet-child.ts', String(HOSTS), '1000', port);
  await once(fleet.stdout!, 'data');
  fleet.stdin!.write(`kill ${VICTIM}\n`);
  const watch = new Watch('held', String(HOSTS), port);
  await watch.next(({ fact }) => fact === 'listening');
  await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  const stopped = watch.next((fact) => fact.fact === 'blind' && fact.blindMs >= STOP_MS - 500);
  watch.child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  watch.child.kill('SIGCONT');
  await stopped;
  expect(watch.up).toBe(0);

  const victim = hostIdHex(`host-${VICTIM}`);
  const victimDown = watch.next((fact) => fact.fact === 'down' && fact.ids.includes(victim));
  watch.child.stdin!.write('restore\n');
  await victimDown;
  expect(watch.down.size).toBe(1);
  expect(watch.up).toBeGreaterThanOrEqual(HOSTS - 1);
});
