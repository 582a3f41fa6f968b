/** A host whose machine or network falls silent, beside one whose process ends: over a cable that can be pulled. */
import { afterEach, expect, test } from 'vitest';
import { NetworkNamespace, whyNoNamespace } from './network-namespace.ts';
import { startTestServer } from './running-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const why = whyNoNamespace();

const beats = (name: string, address: string, port: number): string =>
  `exec 3<>/dev/tcp/${address}/${port}; while :; do echo "${name} interval=200ms" >&3; sleep 0.2 3>&-; done`;

test.skipIf(why !== null)(
  `E157: cut off without a goodbye a host goes down by its timeout, and its process’s end adds nothing${why === null ? '' : ` (not run: ${why})`}`,
  async () => {
    const elsewhere = await NetworkNamespace.open();
    cleanups.push(() => elsewhere.close());
    const server = await startTestServer('--heartbeat-host', elsewhere.address);
    cleanups.push(() => server.stop());
    const [cut, killed] = ['web-01', 'web-02'].map((name) => {
      const host = elsewhere.spawn('bash', '-c', beats(name, elsewhere.address, server.heartbeatPort));
      cleanups.push(() => host.end());
      return host;
    });
    const inState = (name: string, state: string) =>
      server.until(`/api/hosts/${name}`, ({ host }) => host?.state === state);
    await server.until('/api/health', ({ hosts }) => hosts.up === 2);
    killed!.kill('SIGKILL');
    const gone = (await inState('web-02', 'down')).host;
    expect(gone.evidence.kind).toBe('closed');
    expect(gone.reason).toContain('its connection was closed: the process ended');

    elsewhere.cut();
    const cutAtMs = performance.now();
    const silent = (await inState('web-01', 'down')).host;
    // Its timeout is 1 s; the last heartbeat came up to an interval before the cut.
    expect(performance.now() - cutAtMs).toBeGreaterThan(700);
    expect(silent.evidence).toMatchObject({ kind: 'timeout', connected: true });
    expect(silent.reason).toContain(
      'its connection has not ended: the machine or its network went silent, or the process hangs',
    );

    elsewhere.plug();
    await inState('web-01', 'up');
    elsewhere.cut();
    cut!.kill('SIGKILL');
    await cut!.exit;
    const again = (await inState('web-01', 'down')).host;
    // Its FIN never came: nobody can know more than that it is silent.
    expect(again.evidence.kind).toBe('timeout');
    const { body } = await server.get('/api/health');
    expect(body.transitions.down).toBe(3);
  },
);
