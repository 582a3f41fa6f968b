/** What somebody has begun and is sent away before it is decided: it is not done. */
import { afterEach, expect, test } from 'vitest';
import type { Identity } from './identity.ts';
import { ADA, BOB, granted, HERE, TestAccounts } from './testing/test-accounts.ts';

const running: TestAccounts[] = [];
afterEach(async () => {
  for (const { accounts, faults } of running.splice(0)) {
    await accounts.stop();
    expect(faults).toEqual([]);
  }
});

/** Ada, and Bob, who is an administrator until she says otherwise. */
async function twoAdministrators() {
  const { test: it, ada } = await TestAccounts.withAda();
  running.push(it);
  granted(await it.accounts.users.change('bob', { role: 'administrator' }, ada));
  const bob = it.identityOf(await it.signIn('bob', BOB.password));
  return { it, ada, bob };
}

type World = Awaited<ReturnType<typeof twoAdministrators>>;

const SENDING_AWAY: readonly [how: string, send: (world: World) => Promise<unknown>][] = [
  ['is demoted', ({ it, ada }) => it.accounts.users.change('bob', { role: 'viewer' }, ada)],
  ['is deleted', ({ it, ada }) => it.accounts.users.remove('bob', ada)],
  ['has the session revoked', ({ it, ada }) => it.accounts.revokeSession(sessionOf(it, 'bob', ada), ada)],
];

const BEGUN: readonly [what: string, begin: (world: World) => Promise<unknown>][] = [
  [
    'make an administrator',
    ({ it, bob }) =>
      it.accounts.users.create({ name: 'eve', password: 'of no importance', role: 'administrator' }, bob),
  ],
  ['give another role', ({ it, bob }) => it.accounts.users.change('vic', { role: 'administrator' }, bob)],
  ['delete somebody', ({ it, bob }) => it.accounts.users.remove('vic', bob)],
  [
    'make a token',
    ({ it, bob }) => it.accounts.tokens.create({ name: 'ci', role: 'administrator', expiresInMs: null }, bob),
  ],
  [
    'end a session of others',
    ({ it, ada, bob }) => it.accounts.revokeSession(sessionOf(it, 'ada', ada), bob),
  ],
  [
    'set a password',
    ({ it, bob }) =>
      it.accounts.changePassword(bob, { current: BOB.password, password: 'another long one' }, HERE),
  ],
];

function sessionOf(it: TestAccounts, name: string, who: Identity): string {
  return it.accounts.sessions(who).find(({ user }) => user === name)!.id;
}

const cases = SENDING_AWAY.flatMap(([how, send]) =>
  BEGUN.map(([what, begin]) => [what, how, begin, send] as const),
);

test.each(cases)('U61: who was about to %s and %s meanwhile has done nothing', async (_, __, begin, send) => {
  const world = await twoAdministrators();
  const away = send(world);
  const [answer] = await Promise.all([begin(world), away]);
  // With the password of somebody who is not there any more there is nothing to compare.
  expect(['unauthenticated', 'wrong_credentials']).toContain((answer as { refused: string }).refused);
  const { users, sessions, tokens } = world.it.disk.stored();
  expect(users.map(({ name }) => name)).not.toContain('eve');
  expect(users.find(({ name }) => name === 'vic')?.role).toBe('viewer');
  expect(tokens).toEqual([]);
  expect(sessions.map(({ user }) => user)).toEqual(['ada']);
  await world.it.signIn('ada', ADA.password);
});

test('U61: who stays does all of it', async () => {
  for (const [, begin] of BEGUN) granted(await begin(await twoAdministrators()));
});

test('U61: a token that is revoked ends no session any more', async () => {
  const { it, ada } = await twoAdministrators();
  const { id, token } = granted(
    await it.accounts.tokens.create({ name: 'ci', role: 'administrator', expiresInMs: null }, ada),
  );
  const program = it.accounts.authenticate({ authorization: `Bearer ${token}` })!;
  const bobs = sessionOf(it, 'bob', ada);
  const gone = it.accounts.tokens.revoke(id, ada);
  expect(await it.accounts.revokeSession(bobs, program)).toMatchObject({ refused: 'unauthenticated' });
  await gone;
  expect(sessionOf(it, 'bob', ada)).toBe(bobs);
});
