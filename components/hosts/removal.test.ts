import { expect, test } from 'vitest';
import { type ApiClient, ApiError } from '@/lib/client/api-client.ts';
import { removeHosts } from './removal.ts';

const hosts = Array.from({ length: 11 }, (_, n) => ({ id: `00000000000000${10 + n}`, name: `web-${n}` }));

/** Notes what is asked for; `answer` decides how it goes. */
function recorder(answer: (path: string) => number | ApiError) {
  const calls: [string, string, unknown][] = [];
  let under = 0;
  let most = 0;
  const send = async (method: string, path: string, body?: unknown) => {
    calls.push([method, path, body]);
    most = Math.max(most, ++under);
    await Promise.resolve();
    under--;
    const outcome = answer(path);
    if (outcome instanceof ApiError) throw outcome;
    return { removed: outcome };
  };
  return { calls, most: () => most, api: { send } as Pick<ApiClient, 'send'> };
}

test('hosts named one by one are each removed by id, a few at a time', async () => {
  const { api, calls, most } = recorder(() => 1);
  expect(await removeHosts(api, { kind: 'hosts', hosts }, 'Ann & Bo')).toEqual({
    removed: 11,
    problem: null,
  });
  expect(calls.map(([method, path]) => `${method} ${path}`).sort()).toEqual(
    hosts.map(({ id }) => `DELETE /api/hosts/${id}?by=Ann%20%26%20Bo`),
  );
  expect(most()).toBeLessThanOrEqual(4);
});

test('one that is gone already is no failure', async () => {
  const gone = new ApiError('host_not_found', 404, 'no such host');
  const { api } = recorder((path) => (path.includes(hosts[3]!.id) ? gone : 1));
  expect(await removeHosts(api, { kind: 'hosts', hosts }, '')).toEqual({ removed: 10, problem: null });
});

test('the first failure ends it, and tells how many went before', async () => {
  const full = new ApiError('store_unavailable', 503, 'disk full');
  const { api, calls } = recorder((path) => (path.includes(hosts[5]!.id) ? full : 1));
  const { removed, problem } = await removeHosts(api, { kind: 'hosts', hosts }, '');
  expect(problem).toEqual({ code: 'store_unavailable', detail: 'disk full' });
  expect(removed).toBeLessThan(11);
  expect(calls.length).toBeLessThan(11);
});

test('by filter it is one call, which the server carries out', async () => {
  const { api, calls } = recorder(() => 12_431);
  const filter = { state: 'left', label: ['rack:r1'] };
  expect(await removeHosts(api, { kind: 'matching', filter }, '')).toEqual({
    removed: 12_431,
    problem: null,
  });
  expect(calls).toEqual([['POST', '/api/hosts/remove', { filter }]]);
});
