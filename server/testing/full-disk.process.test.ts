import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import { BeatingHosts } from './beating-hosts.ts';
import { ServerProcess } from './server-process.ts';
import { hasSmallDisks, SmallDisk } from './small-disk.ts';

const MEGABYTES = 6;
const QUICK_MS = 100;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

type Frame = { readonly t: string; readonly s: number; readonly alerts?: readonly Alert[] };

test.skipIf(!hasSmallDisks)(
  'G67, G68, G69, G72: on a full disk live goes on, also from a start; nothing is acknowledged; with room it recovers',
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-full-'));
    stops.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const disk = await SmallDisk.make(dataDir, MEGABYTES);
    stops.push(() => disk.end());
    const { before } = disk;
    let server = await ServerProcess.start(dataDir, { before });
    stops.push(() => server.process.end());
    const hosts = new BeatingHosts(server.heartbeatPort);
    stops.push(() => hosts.close());
    const alertOf = async (name: string): Promise<Alert> => {
      const { alerts } = await server.until('/api/alerts?limit=500', ({ alerts }) =>
        alerts.some(({ host }: Alert) => host === name),
      );
      return alerts.find(({ host }: Alert) => host === name);
    };
    const goDown = async (name: string): Promise<void> => {
      hosts.silence(name);
      await server.until(`/api/hosts?q=${name}&state=down&limit=1`, ({ total }) => total === 1);
    };
    const downsOf = async (name: string): Promise<number> => {
      const { events } = await server.get(`/api/hosts/${name}/events`);
      return events.filter(({ kind }: { kind: string }) => kind === 'down').length;
    };

    const names = ['early-1', 'early-2', 'meanwhile-1', 'meanwhile-2', 'lasting'];
    for (const name of names) hosts.add(name, QUICK_MS);
    await server.until(
      '/api/health',
      ({ hosts: { up }, ingest }) => up === names.length && ingest.accepted > 4 * names.length,
    );
    await goDown('early-1');
    await goDown('early-2');
    const [taken, free] = [await alertOf('early-1'), await alertOf('early-2')];
    const first = await server.post('/api/alerts/ack', { ids: [taken.id], by: 'ana', comment: 'before' });
    expect(first.body).toMatchObject({ acked: 1 });
    const ackBefore = first.body.results[0].ack;

    await server.until('/api/health', ({ hosts: { acknowledged } }) => acknowledged === 1);

    disk.fill();
    const position = (await server.get('/api/hosts?limit=1')).position;
    await goDown('meanwhile-1');
    const degraded = await server.until('/api/health', ({ store }) => !store.writable);
    expect(degraded).toMatchObject({ status: 'degraded', store: { kind: 'sqlite', writable: false } });
    expect(degraded.store.detail).toMatch(/full/);
    expect(degraded.store.waiting).toBeGreaterThan(0);

    // Live goes on.
    await goDown('meanwhile-2');
    const later = await server.until(
      '/api/health',
      ({ ingest }) => ingest.accepted > degraded.ingest.accepted + 10,
    );
    expect(later.hosts).toMatchObject({ down: 4, up: 1, acknowledged: 1 });
    const { frames } = await server.get(`/rt/poll?e=${position.e}&s=${position.s}`);
    const shown = (frames as Frame[]).flatMap(({ alerts = [] }) => alerts);
    expect(shown.map(({ host }) => host).sort()).toEqual(['meanwhile-1', 'meanwhile-2']);
    // The list has them as well, although they are not stored yet.
    const { alerts } = await server.get('/api/alerts?status=open');
    expect(alerts.map(({ host }: { host: string }) => host)).toEqual(
      expect.arrayContaining(['meanwhile-1', 'meanwhile-2']),
    );

    // Nothing is acknowledged, given back or removed, and nobody is shown that it was.
    for (const [path, body] of [
      ['/api/alerts/ack', { ids: [free.id], by: 'bob', comment: 'in vain' }],
      ['/api/alerts/ack', { filter: { state: 'unhandled' }, by: 'bob', comment: 'in vain' }],
      ['/api/alerts/unack', { ids: [taken.id], by: 'bob' }],
      ['/api/alerts/unack', { batchId: first.body.batchId, by: 'bob' }],
      ['/api/hosts/remove', { filter: { q: 'early' } }],
    ] as const) {
      const { status, body: problem } = await server.post(path, body);
      expect([path, status, problem.code]).toEqual([path, 503, 'store_unavailable']);
    }
    expect(await server.ask('DELETE', '/api/hosts/early-2')).toMatchObject({ status: 503 });
    expect((await alertOf('early-2')).ack).toBeNull();
    expect((await alertOf('early-1')).ack).toEqual(ackBefore);
    const after = await server.get(`/rt/poll?e=${position.e}&s=${position.s}`);
    const acked = (after.frames as Frame[]).flatMap(({ alerts = [] }) =>
      alerts.filter(({ ack }) => ack !== null),
    );
    expect(acked).toEqual([]);
    expect((await server.get('/api/health')).hosts).toMatchObject({ down: 4, acknowledged: 1 });

    disk.free();
    const recovered = await server.until('/api/health', ({ store }) => store.writable && store.waiting === 0);
    expect(recovered).toMatchObject({ status: 'ok', store: { detail: null, dropped: 0 } });
    for (const name of ['meanwhile-1', 'meanwhile-2']) expect(await downsOf(name), name).toBe(1);
    const second = await server.post('/api/alerts/ack', { ids: [free.id], by: 'bob', comment: 'after' });
    expect(second.body).toMatchObject({ acked: 1 });
    expect((await server.post('/api/alerts/unack', { batchId: first.body.batchId })).body).toMatchObject({
      unacked: 1,
    });

    await server.kill('SIGKILL');
    server = await ServerProcess.start(dataDir, { before, ports: server });
    expect((await alertOf('early-1')).ack).toBeNull();
    expect((await alertOf('early-2')).ack).toEqual(second.body.results[0].ack);
    for (const name of ['meanwhile-1', 'meanwhile-2']) expect(await downsOf(name), name).toBe(1);

    // Started on a full disk it watches all the same, with all that was known.
    await server.kill('SIGTERM');
    disk.fill();
    server = await ServerProcess.start(dataDir, { before, ports: server });
    hosts.add('late-comer', QUICK_MS);
    await server.until('/api/hosts?q=late-comer&state=up', ({ total }) => total === 1);
    await server.until(
      '/api/health',
      ({ hosts: { down, acknowledged } }) => down === 4 && acknowledged === 1,
    );
    await goDown('lasting');
    disk.free();
    await server.until('/api/health', ({ store }) => store.writable && store.waiting === 0);
    expect(await downsOf('lasting')).toBe(1);
    expect((await alertOf('early-2')).ack).toEqual(second.body.results[0].ack);
  },
  60_000,
);
