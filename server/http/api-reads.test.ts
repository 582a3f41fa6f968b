import { expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { HostDirectory } from '../live/host-directory.ts';
import { LiveLog } from '../live/live-log.ts';
import { MemoryStore } from '../store/memory/memory-store.ts';
import { createApi } from './api.ts';
import type { ApiContext } from './api-context.ts';
import { FleetSampler } from './fleet-samples.ts';

const EPOCH = '0123456789abcdef';
const unused = (): never => {
  throw new Error('these tests do not ask for it');
};

function setUp() {
  const live = new LiveLog({
    epoch: EPOCH,
    capacity: 100,
    rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
  });
  const store = new MemoryStore();
  const directory = new HostDirectory();
  const errors: Error[] = [];
  const context: ApiContext = {
    live,
    directory,
    store,
    samples: new FleetSampler(),
    readHost: () => ({
      lastSeenAtMs: 5,
      intervalMs: 1_000,
      timeoutMs: 5_000,
      incarnation: null,
      seen64: 0xf0n,
      lostBeats: 1,
      expectedBeats: 4,
      sourceIndex: null,
    }),
    openAlertId: () => null,
    ingest: unused,
    about: unused,
    uptimeMs: unused,
    newBatchId: unused,
    acknowledge: unused,
    unacknowledge: unused,
    scratch: { create: unused, setRate: unused, remove: unused },
    onError: (error) => void errors.push(error),
  };
  const api = createApi(context);
  const get = async (path: string) => {
    const response = await api.request(path);
    return { status: response.status, body: await response.json() };
  };
  const add = (name: string): void => {
    const slot = live.allotSlot(0)!;
    directory.register(slot, { shard: 0, row: slot }, { id: hostIdHex(name), name, labels: {} }, 0);
    live.stageState(slot, 2);
    live.publish(0);
  };
  const remove = (name: string): void => {
    const slot = directory.find(name)!;
    directory.remove(slot);
    live.freeSlot(slot, 0);
    live.publish(0);
  };
  return { store, errors, get, add, remove };
}

test('H24: the events of a removed host are found by its name and its id', async () => {
  const { store, get } = setUp();
  const event = {
    at: 5,
    hostId: hostIdHex('gone'),
    host: 'gone',
    reason: null,
    evidence: null,
    by: 'system',
  };
  await store.append({ events: [{ ...event, kind: 'removed' }], alerts: [] });
  for (const nameOrId of ['gone', hostIdHex('gone')]) {
    expect((await get(`/api/hosts/${nameOrId}/events`)).body.events).toMatchObject([{ kind: 'removed' }]);
    expect((await get(`/api/hosts/${nameOrId}`)).status).toBe(404);
  }
  expect((await get('/api/hosts/never/events')).status).toBe(404);
});

test('H22: hosts that stay are neither skipped nor repeated while others come and go', async () => {
  const { get, add, remove } = setUp();
  const staying = Array.from({ length: 20 }, (_, i) => `stay-${i}`);
  for (const name of staying) add(name);
  add('stay-3a');
  const seen: string[] = [];
  let cursor: string | null = '';
  let turn = 0;
  while (cursor !== null) {
    const { body } = await get(`/api/hosts?limit=3&cursor=${cursor}`);
    seen.push(...body.hosts.map((host: { name: string }) => host.name));
    cursor = body.nextCursor;
    add(`a-${turn}`);
    add(`stay-${turn}z`);
    if (turn === 1) remove('stay-3a');
    turn++;
  }
  expect(seen.filter((name) => staying.includes(name))).toEqual(staying);
});

test('a bug is answered without its words, and reported', async () => {
  const { get, errors } = setUp();
  expect(await get('/api/health')).toMatchObject({ status: 500, body: { code: 'internal_error' } });
  expect(errors).toMatchObject([{ message: 'these tests do not ask for it' }]);
});

test('a host shows its loss, its last beats and what it has never said', async () => {
  const { get, add } = setUp();
  add('web');
  const [host] = (await get('/api/hosts')).body.hosts;
  expect(host).toMatchObject({
    lossRatio: 0.25,
    recentBeats: '00000000000000f0',
    source: null,
    incarnation: null,
  });
});
