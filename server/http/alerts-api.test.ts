/** What the API decides about alerts: order and cursors, comments, in whose name. */
import { expect, test } from 'vitest';
import { STALE_AFTER_MS } from '#lib/protocol/alert.ts';
import { HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import type { AlertQuery } from '../store/store.ts';
import { alertOf } from '../testing/alert-of.ts';
import { apiAlone, signedIn } from '../testing/api-alone.ts';

const NOW_MS = 1_700_000_000_000;

test('H61: stale ones first; what the first page took for stale is so on the pages that follow', async () => {
  let nowMs = NOW_MS;
  const { ask, store } = apiAlone({ nowMs: () => nowMs });
  const openedAt = (number: number, hoursAgo: number) =>
    alertOf(number, { openedAt: NOW_MS - hoursAgo * 3_600_000 });
  const alerts = [openedAt(1, 1), openedAt(2, 30), openedAt(3, 23.9), openedAt(4, 25)];
  const episodes = alerts.map((alert) => ({
    alert,
    timeoutMs: 5_000,
    closedBy: null,
    batchId: null,
    downAt: 0,
  }));
  await store.append({ episodes }, 'history');
  const read: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: { body: { alerts: { host: string }[]; nextCursor: string | null } } = await ask(
      `/api/alerts?limit=1&cursor=${cursor}`,
    );
    read.push(...body.alerts.map(({ host }) => host));
    cursor = body.nextCursor;
    // web-3 becomes stale while somebody is reading.
    nowMs += 3_600_000;
  }
  expect(read).toEqual(['web-4', 'web-2', 'web-1', 'web-3']);
  const again = (await ask('/api/alerts')).body.alerts.map(({ host }: { host: string }) => host);
  expect(again).toEqual(['web-3', 'web-4', 'web-2', 'web-1']);
});

test('H61: unhandled ones are those that nobody has acknowledged', async () => {
  const { ask, store } = apiAlone();
  const ack = { by: 'ada', at: 5, comment: null, expiresAt: null };
  const episodes = [alertOf(1), alertOf(2, { ack }), alertOf(3, { closedAt: 9_000 })].map((alert) => ({
    alert,
    timeoutMs: 5_000,
    closedBy: alert.closedAt === null ? null : ('up' as const),
    batchId: null,
    downAt: 0,
  }));
  await store.append({ episodes }, 'history');
  const hosts = async (status: string) =>
    (await ask(`/api/alerts?status=${status}`)).body.alerts.map(({ host }: { host: string }) => host).sort();
  expect(await hosts('unhandled')).toEqual(['web-1']);
  expect(await hosts('acknowledged')).toEqual(['web-2']);
  expect(await hosts('open')).toEqual(['web-1', 'web-2']);
  expect(await hosts('resolved')).toEqual(['web-3']);
});

test('H61: a cursor of another status, or one that was made up, is refused', async () => {
  const asked: AlertQuery[] = [];
  const { context, ask } = apiAlone({ nowMs: () => NOW_MS });
  context.store.alerts = async (query) => {
    asked.push(query);
    return { alerts: [alertOf(1)], next: { stale: true, atMs: 7, id: alertOf(1).id } };
  };
  const { nextCursor } = (await ask('/api/alerts?status=unhandled')).body;
  expect((await ask(`/api/alerts?status=open&cursor=${nextCursor}`)).status).toBe(400);
  expect((await ask(`/api/alerts?status=unhandled&cursor=${nextCursor}`)).status).toBe(200);
  const staleBeforeMs = NOW_MS - STALE_AFTER_MS;
  expect(asked).toEqual([
    { status: 'unhandled', limit: 100, staleBeforeMs },
    { status: 'unhandled', limit: 100, staleBeforeMs, after: { stale: true, atMs: 7, id: alertOf(1).id } },
  ]);
  const made = Buffer.from('["open","x",0,7,"a"]').toString('base64url');
  expect((await ask(`/api/alerts?cursor=${made}`)).status).toBe(400);
});

test('H62: where the settings ask for a comment, an acknowledgement without one is refused', async () => {
  const { ask, acts } = apiAlone();
  expect((await ask('/api/alerts/ack', 'POST', { filter: {} })).status).toBe(200);
  await ask('/api/settings', 'PUT', { commentRequired: true });
  acts.length = 0;
  for (const comment of [undefined, null, '', '   ']) {
    const answer = await ask('/api/alerts/ack', 'POST', { filter: {}, comment });
    expect(answer).toMatchObject({ status: 400, body: { code: 'comment_required' } });
  }
  // What is wrong anyway is said first.
  const both = await ask('/api/alerts/ack', 'POST', {});
  expect(both).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
  expect(acts).toEqual([]);
  const taken = await ask('/api/alerts/ack', 'POST', { filter: {}, comment: 'disk' });
  expect(taken.status).toBe(200);
  expect((await ask('/api/alerts/unack', 'POST', { batchId: 'batch' })).status).toBe(200);
});

test('H63: without sign-in the body names who does it, and nobody is anonymous', async () => {
  const { ask, acts } = apiAlone();
  await ask('/api/alerts/ack', 'POST', { filter: {}, by: ' ada ' });
  await ask('/api/alerts/ack', 'POST', { filter: {} });
  expect(acts.map(([, , command]) => (command as { by: string }).by)).toEqual(['ada', 'anonymous']);
  expect((await ask('/api/alerts/ack', 'POST', { filter: {}, by: 'a\nb' })).status).toBe(400);
});

test('H63: the audit is told the filter in words, in which nothing hides', async () => {
  const { ask, acts, add } = apiAlone();
  add('web-1', HostState.down, { rack: 'r1' });
  const words = async (body: object) => {
    expect((await ask('/api/alerts/ack', 'POST', body)).status).toBe(200);
    return (acts.at(-1)![2] as { filterInWords: string | null }).filterInWords;
  };
  expect(await words({ filter: {} })).toBe('all');
  expect(await words({ filter: { state: 'unhandled', label: ['rack:r1', 'role:db'], q: 'Web' } })).toBe(
    'state=unhandled label=rack:r1 label=role:db q="web"',
  );
  expect(await words({ filter: { q: 'a\u202eb\nc' } })).toBe('q="a\\u{202e}b\\nc"');
  expect(await words({ ids: [`${hostIdHex('web-1')}-1`] })).toBeNull();
});

test('H64: everyone reads the settings, administrators change them', async () => {
  const { ask, as, acts } = apiAlone();
  as(signedIn('viewer'));
  expect((await ask('/api/settings')).body).toEqual({ commentRequired: false });
  as(signedIn('administrator', 'ada'));
  expect((await ask('/api/settings', 'PUT', { commentRequired: true })).body).toEqual({
    commentRequired: true,
  });
  expect(acts).toEqual([['changeSettings', { commentRequired: true }, 'ada']]);
  for (const body of [{}, { commentRequired: 1 }, { commentRequired: null }, { comentRequired: true }]) {
    expect(await ask('/api/settings', 'PUT', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter' },
    });
  }
  expect((await ask('/api/settings')).body).toEqual({ commentRequired: true });
});

test('H64: the audit comes in pages, newest first', async () => {
  const { ask, store } = apiAlone();
  const audit = Array.from({ length: 5 }, (_, i) => ({
    at: i,
    actor: 'ada',
    action: 'acknowledge' as const,
    target: `batch-${i}`,
    detail: null,
  }));
  for (const entry of audit) await store.append({ audit: [entry] }, 'command');
  const read: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: { body: { entries: { at: number }[]; nextCursor: string | null } } = await ask(
      `/api/audit?limit=2&cursor=${cursor}`,
    );
    read.push(...body.entries.map(({ at }) => at));
    cursor = body.nextCursor;
  }
  expect(read).toEqual([4, 3, 2, 1, 0]);
});

test('H69: about says who asks', async () => {
  const { ask, as } = apiAlone();
  expect((await ask('/api/about')).body.you).toBeNull();
  as(signedIn('viewer', 'vic'));
  expect((await ask('/api/about')).body).toMatchObject({
    you: { name: 'vic', role: 'viewer' },
    settings: { commentRequired: false },
  });
});

test('H81: health tells how the ingest doubts itself', async () => {
  const doubts = {
    ...{
      blind: true,
      blindMs: 900,
      blindLastMinuteMs: 400,
      degraded: true,
      dropShare: 0.25,
      misses: 14,
      missesSet: 5,
    },
    shardRestarts: 1,
    receiveBufferBytes: 425_984,
    tcp: { connections: 3, refused: 1, oversized: 2, slow: 4, idle: 5 },
  };
  const { context } = apiAlone();
  const alone = apiAlone({ ingest: () => ({ ...context.ingest(), ...doubts }) });
  expect((await alone.ask('/api/health')).body).toMatchObject({ status: 'degraded', ingest: doubts });
});

test('H65: health is degraded while we may be blind or nothing can be stored, and says which', async () => {
  const alone = apiAlone();
  const health = { kind: 'sqlite', writable: true, detail: null, waiting: 0, dropped: 0 } as const;
  alone.context.store.health = () => health;
  expect((await alone.ask('/api/health')).body).toMatchObject({ status: 'ok', store: health });
  const full = { ...health, writable: false, detail: 'the disk is full', waiting: 7 };
  alone.context.store.health = () => full;
  expect((await alone.ask('/api/health')).body).toMatchObject({ status: 'degraded', store: full });
  const ingest = { ...alone.context.ingest(), degraded: true };
  const blind = apiAlone({ ingest: () => ingest });
  expect((await blind.ask('/api/health')).body).toMatchObject({
    status: 'degraded',
    store: { writable: true },
  });
});
