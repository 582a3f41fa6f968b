/** A fleet that beats over TCP from a process of its own, and what a server says of its hosts. For tests. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startChild } from '../engine/testing/watched-process.ts';
import type { TestServer } from './running-server.ts';

/** Resolves when all of them have beaten; `endChildren` ends it. Its input: tcp-fleet-child.ts. */
export async function startTcpFleet(port: number, hosts: number, intervalMs: number): Promise<ChildProcess> {
  const child = startChild('tcp-fleet-child.ts', '127.0.0.1', `${port}`, `${hosts}`, `${intervalMs}`);
  const lines = createInterface({ input: child.stdout! });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => (line === 'all have beaten' ? resolve() : reject(new Error(line))));
    child.once('exit', () => reject(new Error('the fleet ended')));
  });
  return child;
}

export const inState = (
  server: TestServer,
  state: string,
): Promise<{ hosts: { name: string; reason: string }[] }> =>
  server.get(`/api/hosts?state=${state}&limit=500`).then(({ body }) => body);

export const inStateSoon = (server: TestServer, name: string, state: string) =>
  server.until(`/api/hosts/${name}`, ({ host }) => host?.state === state);

/** The host when it is down, and how long after `fromMs` that showed. */
export async function down(server: TestServer, name: string, fromMs: number) {
  const { host } = await inStateSoon(server, name, 'down');
  return { ...host, afterMs: performance.now() - fromMs };
}
