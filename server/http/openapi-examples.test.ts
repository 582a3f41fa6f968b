/** Every example of the OpenAPI document, asked of a real server, over real sockets and a real store. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiAlone } from '../testing/api-alone.ts';
import { OpenApiValidator } from '../testing/openapi-validator.ts';
import { ask } from '../testing/raw-request.ts';
import type { Answer } from '../testing/running-server.ts';
import { type SignedInServer, startSignedInServer } from '../testing/signed-in-server.ts';
import { apiRoutes } from './api.ts';
import { EXAMPLE_WORLD, type Example } from './openapi.ts';
import { LIVE_PATHS } from './openapi-live-paths.ts';

/** Passwords take their time, on a busy machine more. */
const START_MS = 30_000;
const { upHost, downHost } = EXAMPLE_WORLD;

let world: SignedInServer;
let validator: OpenApiValidator;

beforeAll(async () => {
  world = await startSignedInServer('--min-timeout-ms', '200');
  const { server } = world;
  await server.beat(`${upHost} interval=600s rack=r1`);
  await server.beat(`${downHost} interval=20ms rack=r1 seq=1`);
  await server.beat(`${downHost} interval=20ms rack=r1 seq=2`);
  await world.until(`/api/hosts/${downHost}`, ({ host }) => host?.state === 'down');
  await world.until(`/api/hosts/${upHost}`, ({ host }) => host?.state === 'up');
  validator = new OpenApiValidator((await world.ask('administrator', '/api/openapi.json')).body);
}, START_MS);
afterAll(() => world.stop());

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

async function run(method: Method, { at, body, before }: Example): Promise<Answer> {
  let address = at;
  if (before !== undefined) {
    const prepared = await world.ask('administrator', before.at, before.method, before.body);
    expect(prepared.status, before.at).toBeLessThan(300);
    for (const [name, field] of Object.entries(before.take ?? {})) {
      address = address.replace(`{${name}}`, prepared.body[field]);
    }
  }
  if (!address.startsWith('/api/events.csv')) return world.ask('administrator', address, method, body);
  // The only one that is no JSON.
  const headers = { cookie: world.cookie('administrator') };
  const { body: text, ...answer } = await ask(world.server.port, address, { headers });
  return { ...answer, body: text.toString('utf8') };
}

/** What the document says about an answer; null: it is one of those. */
function faultsOf(path: string, method: string, { status, headers, body }: Answer): string | null {
  const type = String(headers['content-type']).split(';')[0]!;
  const at = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
  return validator.faultsOf(body, ...at);
}

const live = LIVE_PATHS.map(({ path, operation }) => ({ method: 'GET' as const, path, operation }));
/** First what only looks, so that the world is still the one that the examples suppose; then what it ends with. */
const ORDER: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE'];
const examples = [...apiRoutes(apiAlone().context), ...live]
  .flatMap(({ method, path, operation }) =>
    operation.examples.map((example) => [method, example.at, example.summary, path, example] as const),
  )
  .sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));

test.each(examples)('H54: %s %s: %s', async (method, _, __, path, example) => {
  const answer = await run(method, example);
  expect(answer.status, JSON.stringify(answer.body).slice(0, 500)).toBe(example.status);
  expect(faultsOf(path, method, answer)).toBeNull();
  if (path === '/api/logout') await world.signIn('administrator');
});

test('H54: an answer that is not as described is found', () => {
  const answer = { status: 200, headers: { 'content-type': 'application/json' } };
  expect(faultsOf('/api/settings', 'GET', { ...answer, body: { commentRequired: false } })).toBeNull();
  expect(faultsOf('/api/settings', 'GET', { ...answer, body: { commentRequired: 1 } })).toContain('boolean');
  expect(
    faultsOf('/api/settings', 'GET', { ...answer, body: { commentRequired: true, more: 1 } }),
  ).not.toBeNull();
});
