import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { askSession } from './session-question.ts';

test('C88: a server that does not answer in time is slow; one that is not there, or is another, is not known', async () => {
  const mute = createServer(() => {});
  const other = createServer((_request, response) => response.writeHead(502).end('bad gateway'));
  const origins: string[] = [];
  for (const server of [mute, other]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origins.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  const [slow, refused] = origins as [string, string];
  expect(await askSession(slow)).toBe('slow');
  expect(await askSession(refused)).toBe('unknown');
  for (const server of [mute, other]) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
  expect(await askSession(refused)).toBe('unknown');
});
