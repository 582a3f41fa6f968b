/** What the API reads of hosts and their history. */
import { expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { apiAlone } from '../testing/api-alone.ts';

test('H24: the events of a removed host are found by its name and its id', async () => {
  const { store, ask } = apiAlone();
  const event = {
    at: 5,
    hostId: hostIdHex('gone'),
    host: 'gone',
    reason: null,
    evidence: null,
    by: 'system',
  };
  await store.append({ events: [{ ...event, kind: 'removed' }] }, 'history');
  for (const nameOrId of ['gone', hostIdHex('gone')]) {
    expect((await ask(`/api/hosts/${nameOrId}/events`)).body.events).toMatchObject([{ kind: 'removed' }]);
    expect((await ask(`/api/hosts/${nameOrId}`)).status).toBe(404);
  }
  expect((await ask('/api/hosts/never/events')).status).toBe(404);
});

test('H22: hosts that stay are neither skipped nor repeated while others come and go', async () => {
  const { ask, add, remove } = apiAlone();
  const staying = Array.from({ length: 20 }, (_, i) => `stay-${i}`);
  for (const name of staying) add(name);
  add('stay-3a');
  const seen: string[] = [];
  let cursor: string | null = '';
  let turn = 0;
  while (cursor !== null) {
    const { body } = await ask(`/api/hosts?limit=3&cursor=${cursor}`);
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
  const { ask, errors } = apiAlone({
    ingest: () => {
      throw new Error('a bug with a password in it');
    },
  });
  const answer = await ask('/api/health');
  expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error' } });
  expect(answer.text).not.toContain('password');
  expect(errors).toMatchObject([{ message: 'a bug with a password in it' }]);
});

test('a host shows its loss, its last beats and what it has never said', async () => {
  const { ask, add } = apiAlone();
  add('web');
  const [host] = (await ask('/api/hosts')).body.hosts;
  expect(host).toMatchObject({
    lossRatio: 0.25,
    recentBeats: '00000000000000f0',
    source: null,
    incarnation: null,
  });
});
