/** Naming hosts and removing them: what the API decides before anybody acts. */
import { describe, expect, test } from 'vitest';
import { HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { StoreUnavailable } from '../store/store.ts';
import { apiAlone, signedIn } from '../testing/api-alone.ts';

const full = async () => 'full' as const;
const known = async () => 'known' as const;

describe('naming a host', () => {
  test('H55: it is watched for, with its labels in order and its interval as a heartbeat can say it', async () => {
    const { ask, acts } = apiAlone();
    const named = { name: 'web-9', labels: { zone: 'b', rack: 'r9' }, intervalMs: 1_234 };
    const answer = await ask('/api/hosts', 'POST', { ...named, by: 'ada' });
    const host = { name: 'web-9', labels: { rack: 'r9', zone: 'b' }, intervalMs: 1_240 };
    expect(answer).toMatchObject({ status: 201, body: { id: hostIdHex('web-9'), ...host } });
    expect(answer.headers.get('location')).toBe('/api/hosts/web-9');
    expect(acts).toEqual([['expectHost', host, 'ada']]);
    expect((await ask('/api/hosts', 'POST', { name: 'web-8' })).body).toMatchObject({
      labels: {},
      intervalMs: 60_000,
    });
  });

  test('H55: one that is known is 409, one too many 503, and both say what to do', async () => {
    const again = await apiAlone({ expectHost: known }).ask('/api/hosts', 'POST', { name: 'web-1' });
    expect(again).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    expect(again.body.detail).toContain('web-1 is watched already');
    const tooMany = await apiAlone({ expectHost: full }).ask('/api/hosts', 'POST', { name: 'web-1' });
    expect(tooMany).toMatchObject({ status: 503, body: { code: 'too_many_hosts' } });
    expect(tooMany.body.detail).toContain('MAX_HOSTS');
  });

  test.each([
    [{}, 'name is nothing; it takes 1 to 63 letters'],
    [{ name: '-web' }, 'name is "-web"'],
    [{ name: '=cmd()' }, 'name is "=cmd()"'],
    [{ name: '<b>' }, 'name is "<b>"'],
    [{ name: '__proto__' }, 'name is "__proto__"'],
    [{ name: 'x'.repeat(64) }, 'name is "xxx'],
    [{ name: 'web\n1' }, 'name is "web\\n1"'],
    [{ name: 'a', labels: [] }, 'labels is []; it takes an object'],
    [{ name: 'a', labels: { Rack: '1' } }, 'a key of labels is "Rack"'],
    [{ name: 'a', labels: { constructor: '1' } }, 'a key of labels is "constructor"'],
    [{ name: 'a', labels: { interval: '1' } }, 'a key of labels is "interval"'],
    [{ name: 'a', labels: { rack: '' } }, 'labels.rack is ""'],
    [{ name: 'a', labels: { rack: 1 } }, 'labels.rack is 1'],
    [{ name: 'a', labels: { rack: 'a\u202eb' } }, 'labels.rack is "a\\u{202e}b"'],
    [{ name: 'a', labels: { rack: '蟹'.repeat(22) } }, 'labels.rack is '],
    [
      { name: 'a', labels: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])) },
      'at most 16 labels',
    ],
    [{ name: 'a', intervalMs: 5 }, 'intervalMs is 5; it takes a whole number of ms from 10 to 655000'],
    [{ name: 'a', interval: 5 }, 'interval is not a field here'],
  ])('H55: %j is refused', async (body, detail) => {
    const { ask, acts } = apiAlone();
    const answer = await ask('/api/hosts', 'POST', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
    expect(answer.body.detail).toContain(detail);
    expect(acts).toEqual([]);
  });

  test('H55: a label __proto__ is a key like any other, and refused', async () => {
    const { context, acts } = apiAlone();
    const { createApi } = await import('./api.ts');
    const body = '{"name":"a","labels":{"__proto__":"x"}}';
    const answer = await createApi(context).request('/api/hosts', { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('"__proto__"') });
    expect(acts).toEqual([]);
  });
});

describe('removing', () => {
  const withHosts = () => {
    const alone = apiAlone();
    alone.add('web-1', HostState.up, { rack: 'r1' });
    alone.add('web-2', HostState.down, { rack: 'r2' });
    alone.add('db-1', HostState.left, { rack: 'r1' });
    return alone;
  };

  test('H56: one host, by its name or its id; one that is not there is 404', async () => {
    const { ask, acts } = withHosts();
    expect((await ask('/api/hosts/web-1?by=ada', 'DELETE')).body).toEqual({ removed: 1 });
    expect((await ask(`/api/hosts/${hostIdHex('web-2')}`, 'DELETE')).body).toEqual({ removed: 1 });
    expect(acts).toEqual([
      ['removeHosts', [hostIdHex('web-1')], 'ada'],
      ['removeHosts', [hostIdHex('web-2')], 'anonymous'],
    ]);
    expect(await ask('/api/hosts/web-3', 'DELETE')).toMatchObject({
      status: 404,
      body: { code: 'host_not_found' },
    });
  });

  test('H56: one that somebody else removed at the same moment is 404 as well', async () => {
    const alone = apiAlone({ removeHosts: async () => ({ removed: 0 }) });
    alone.add('web-1');
    expect((await alone.ask('/api/hosts/web-1', 'DELETE')).status).toBe(404);
  });

  test('H57: by filter, those that it finds and no other', async () => {
    const { ask, acts } = withHosts();
    const remove = (body: object) => ask('/api/hosts/remove', 'POST', body);
    expect((await remove({ filter: { label: 'rack:r1' } })).body).toEqual({ removed: 2 });
    expect((await remove({ filter: { state: 'left' } })).body).toEqual({ removed: 1 });
    expect((await remove({ filter: { q: 'nothing like it' } })).body).toEqual({ removed: 0 });
    expect((await remove({ all: true, by: 'ada' })).body).toEqual({ removed: 3 });
    expect(acts.map(([, ids]) => (ids as string[]).length)).toEqual([2, 1, 0, 3]);
  });

  test.each([
    [{}],
    [{ filter: {} }],
    [{ filter: { q: '' } }],
    [{ filter: { q: '  ' } }],
    [{ filter: { label: [] } }],
    [{ filter: { state: null } }],
    [{ filter: null }],
    [{ filter: [] }],
    [{ filter: { lable: 'rack:r1' } }],
    [{ filter: { label: 'rack' } }],
    [{ all: false }],
    [{ all: 'true' }],
    [{ all: true, filter: { label: 'rack:r1' } }],
    [{ state: 'left' }],
  ])('H57: %j removes nothing', async (body) => {
    const { ask, acts } = withHosts();
    expect(await ask('/api/hosts/remove', 'POST', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter' },
    });
    expect(acts).toEqual([]);
  });

  test('H57: the refusal of an empty filter says how to remove all', async () => {
    const { body } = await withHosts().ask('/api/hosts/remove', 'POST', { filter: {} });
    expect(body.detail).toContain('{"all": true}');
  });

  test('H57: a host that is called remove is read and removed like any other', async () => {
    const { ask, add } = apiAlone();
    add('remove');
    expect((await ask('/api/hosts/remove/events')).status).not.toBe(404);
    expect((await ask('/api/hosts/remove', 'DELETE')).body).toEqual({ removed: 1 });
  });
});

test('H63: who is signed in acts under the own name, whatever the body says', async () => {
  const { ask, acts, as } = apiAlone();
  as(signedIn('administrator', 'ada'));
  await ask('/api/hosts', 'POST', { name: 'a', by: 'mallory' });
  await ask('/api/hosts/remove', 'POST', { all: true, by: 'mallory' });
  await ask('/api/alerts/ack', 'POST', { filter: {}, by: 'mallory' });
  await ask('/api/alerts/unack', 'POST', { batchId: 'x', by: 'mallory' });
  await ask('/api/settings', 'PUT', { commentRequired: true, by: 'mallory' });
  expect(acts).toHaveLength(5);
  expect(JSON.stringify(acts)).not.toContain('mallory');
  expect(acts.every((act) => JSON.stringify(act).includes('"ada"'))).toBe(true);
});

test('H66: what cannot be stored is 503 with Retry-After and the reason, on every command', async () => {
  const fail = async (): Promise<never> => {
    throw new StoreUnavailable('the disk of /data is full');
  };
  const { ask, add, errors } = apiAlone({
    expectHost: fail,
    removeHosts: fail,
    acknowledge: fail,
    unacknowledge: fail,
    changeSettings: fail,
  });
  add('web-1');
  const commands = [
    ['/api/hosts', 'POST', { name: 'a' }],
    ['/api/hosts/web-1', 'DELETE', undefined],
    ['/api/hosts/remove', 'POST', { all: true }],
    ['/api/alerts/ack', 'POST', { filter: {} }],
    ['/api/alerts/unack', 'POST', { batchId: 'x' }],
    ['/api/settings', 'PUT', { commentRequired: false }],
  ] as const;
  for (const [path, method, body] of commands) {
    const answer = await ask(path, method, body);
    expect(answer, path).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
    expect(answer.body.detail).toContain('the disk of /data is full');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(errors).toEqual([]);
});
