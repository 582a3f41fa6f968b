import { afterEach, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../store/store.ts';
import { MAX_TOKENS_PER_USER } from './api-tokens.ts';
import { ADA, BOB, bearer, cookieOf, granted, HERE, TestAccounts, VIC } from './testing/test-accounts.ts';
import { MAX_USERS } from './users.ts';

const running: TestAccounts[] = [];
afterEach(async () => {
  for (const { accounts, faults } of running.splice(0)) {
    await accounts.stop();
    expect(faults).toEqual([]);
  }
});

async function withAda() {
  const made = await TestAccounts.withAda();
  running.push(made.test);
  return { ...made, ...made.test.accounts };
}

const EVE = { name: 'eve', password: 'of no importance', role: 'viewer' } as const;

describe('people', () => {
  test('U30: a name is taken once, in whatever case', async () => {
    const { test: it, ada, users } = await withAda();
    expect(await users.create({ ...EVE, name: 'BoB' }, ada)).toMatchObject({ refused: 'already_exists' });
    expect(granted(await users.create(EVE, ada))).toMatchObject({
      name: 'eve',
      role: 'viewer',
      lastSeenAt: null,
    });
    expect(users.list().map(({ name }) => name)).toEqual(['ada', 'bob', 'eve', 'vic']);
    await it.signIn('Eve', EVE.password);
    expect(users.list()[2]!.lastSeenAt).toBe(it.nowMs);
  });

  test('U30: of two who make the same user at once one does', async () => {
    const { ada, users } = await withAda();
    const both = await Promise.all([users.create(EVE, ada), users.create({ ...EVE, name: 'EVE' }, ada)]);
    expect(both.filter((one) => 'refused' in one)).toMatchObject([{ refused: 'already_exists' }]);
  });

  test.each(['', ' eve', 'a b', '-eve', 'e\u202ev', 'e'.repeat(33), '__proto__', 'é'])(
    'U30: %j is no name',
    async (name) => {
      const { ada, users } = await withAda();
      expect(await users.create({ ...EVE, name }, ada)).toMatchObject({ refused: 'invalid_parameter' });
    },
  );

  test('U4: a password of the wrong length is refused, and not repeated', async () => {
    const { ada, users } = await withAda();
    for (const password of ['short', 'x'.repeat(201)]) {
      const answers = [
        await users.create({ ...EVE, password }, ada),
        await users.change('bob', { password }, ada),
      ];
      for (const answer of answers) expect(answer).toMatchObject({ refused: 'invalid_parameter' });
      expect(JSON.stringify(answers)).not.toContain(password);
    }
  });

  test('U30: a thousand users and no more', async () => {
    const { test: it, ada, users } = await withAda();
    const [bob] = it.disk.stored().users.filter(({ name }) => name === 'bob');
    const more = Array.from({ length: MAX_USERS - 3 }, (_, i) => ({ ...bob!, name: `u${i}` }));
    await it.disk.changeAccounts(
      more.map((user) => ({ type: 'put-user', user })),
      [],
    );
    const full = it.restarted();
    running.push(full);
    expect(full.accounts.users.list()).toHaveLength(MAX_USERS);
    const by = full.identityOf(await full.signIn(ADA.name, ADA.password));
    expect(await full.accounts.users.create(EVE, by)).toMatchObject({ refused: 'invalid_parameter' });
    granted(await full.accounts.users.remove('u0', by));
    granted(await full.accounts.users.create(EVE, by));
    expect(users.list()).toHaveLength(3);
    expect(ada.role).toBe('administrator');
  });

  test('U31: the last administrator stays one and stays, also when two are sent away at once', async () => {
    const { test: it, ada, users } = await withAda();
    expect(await users.remove('ada', ada)).toMatchObject({ refused: 'last_administrator' });
    expect(await users.change('Ada', { role: 'viewer' }, ada)).toMatchObject({
      refused: 'last_administrator',
    });
    granted(await users.change('bob', { role: 'administrator' }, ada));
    const bob = it.identityOf(await it.signIn('bob', BOB.password));
    const both = await Promise.all([users.remove('ada', ada), users.change('bob', { role: 'viewer' }, bob)]);
    expect(both).toMatchObject([null, { refused: 'last_administrator' }]);
    expect(it.disk.stored().users).toMatchObject([{ name: 'bob', role: 'administrator' }, { name: 'vic' }]);
  });

  test('U31: who is not there can be neither changed nor deleted', async () => {
    const { ada, users } = await withAda();
    expect(await users.remove('nobody', ada)).toMatchObject({ refused: 'not_found' });
    expect(await users.change('nobody', { role: 'viewer' }, ada)).toMatchObject({ refused: 'not_found' });
  });

  test('U33: with a user go all sessions and tokens; one of the same name has none of them', async () => {
    const { test: it, ada, users, tokens, authenticate } = await withAda();
    const signedIn = await it.signIn('bob', BOB.password);
    const wish = { name: 'ci', role: 'viewer', expiresInMs: null } as const;
    const { token } = granted(await tokens.create(wish, it.identityOf(signedIn)));
    granted(await users.remove('bob', ada));
    granted(await users.create({ ...EVE, name: 'bob' }, ada));
    expect([authenticate(cookieOf(signedIn)), authenticate(bearer(token))]).toEqual([null, null]);
    expect(tokens.list(ada)).toEqual([]);
  });

  test('U34: an API token makes no tokens, changes no users and no password, and does not sign out', async () => {
    const { test: it, ada, users, tokens, authenticate } = await withAda();
    const wish = { name: 'all', role: 'administrator', expiresInMs: null } as const;
    const program = authenticate(bearer(granted(await tokens.create(wish, ada)).token))!;
    expect(program).toMatchObject({ role: 'administrator', sessionId: null });
    const { accounts } = it;
    const refused = [
      await tokens.create({ ...wish, name: 'more' }, program),
      await users.create(EVE, program),
      await users.change('bob', { password: 'of no importance' }, program),
      await users.remove('bob', program),
      await accounts.changePassword(program, { current: ADA.password, password: 'of no importance' }, HERE),
      await accounts.signOut(program),
    ];
    for (const answer of refused) expect(answer).toMatchObject({ refused: 'forbidden' });
    expect(await users.change('ada', { password: 'of no importance' }, ada)).toMatchObject({
      refused: 'forbidden',
    });
    await it.signIn('ada', ADA.password);
    await it.signIn('bob', BOB.password);
  });
});

describe('tokens and sessions', () => {
  test('U40: a token is told once; what is listed and stored does not have it', async () => {
    const { test: it, ada, tokens } = await withAda();
    const made = granted(await tokens.create({ name: 'ci', role: 'operator', expiresInMs: 60_000 }, ada));
    expect(made.token).toMatch(/^pwt_[\w-]{43}$/);
    const { token, ...rest } = made;
    expect(tokens.list(ada)).toEqual([{ ...rest, expiresAt: it.nowMs + 60_000, lastUsedAt: null }]);
    expect(JSON.stringify(tokens.list(ada)) + it.disk.text).not.toContain(token.slice(4));
    it.nowMs += 5;
    it.accounts.authenticate(bearer(token));
    expect(tokens.list(ada)[0]!.lastUsedAt).toBe(it.nowMs);
  });

  test('U40: a hundred tokens a user, each with a name of its own', async () => {
    const { test: it, ada, tokens } = await withAda();
    const wish = (name: string) => ({ name, role: 'viewer', expiresInMs: null }) as const;
    for (let i = 0; i < MAX_TOKENS_PER_USER; i++) granted(await tokens.create(wish(`t${i}`), ada));
    expect(await tokens.create(wish('t1'), ada)).toMatchObject({ refused: 'already_exists' });
    expect(await tokens.create(wish('one more'), ada)).toMatchObject({ refused: 'invalid_parameter' });
    const bob = it.identityOf(await it.signIn('bob', BOB.password));
    granted(await tokens.create(wish('t1'), bob));
    granted(await tokens.revoke(tokens.list(ada)[0]!.id, ada));
    granted(await tokens.create(wish('one more'), ada));
  });

  test('U41: one sees and ends one’s own; an administrator those of all', async () => {
    const { test: it, ada, tokens, authenticate } = await withAda();
    const { accounts } = it;
    const bob = it.identityOf(await it.signIn('bob', BOB.password));
    const vic = it.identityOf(await it.signIn('vic', VIC.password));
    const wish = { name: 'ci', role: 'viewer', expiresInMs: null } as const;
    const ofBob = granted(await tokens.create(wish, bob));
    expect(accounts.sessions(vic)).toMatchObject([{ user: 'vic', current: true, id: vic.sessionId }]);
    expect(new Set(accounts.sessions(ada).map(({ user }) => user))).toEqual(new Set(['ada', 'bob', 'vic']));
    expect(accounts.sessions(ada).filter(({ current }) => current)).toMatchObject([{ user: 'ada' }]);
    expect([tokens.list(vic), tokens.list(bob).length, tokens.list(ada).length]).toEqual([[], 1, 1]);
    expect(await accounts.revokeSession(bob.sessionId!, vic)).toMatchObject({ refused: 'not_found' });
    expect(await tokens.revoke(ofBob.id, vic)).toMatchObject({ refused: 'not_found' });
    expect(authenticate(bearer(ofBob.token))).not.toBeNull();
    granted(await tokens.revoke(ofBob.id, bob));
    granted(await accounts.revokeSession(vic.sessionId!, vic));
    granted(await accounts.revokeSession(bob.sessionId!, ada));
    expect(accounts.sessions(ada)).toMatchObject([{ user: 'ada' }]);
  });
});

describe('what is stored', () => {
  test('U45: while nothing can be stored nothing changes, and nobody who is signed in is stopped', async () => {
    const { test: it, ada, secret, users, tokens } = await withAda();
    const { accounts } = it;
    const before = JSON.stringify([users.list(), accounts.sessions(ada), tokens.list(ada)]);
    let told = 0;
    ada.onEnd(() => told++);
    it.disk.full = true;
    const wish = { name: 'ci', role: 'viewer', expiresInMs: null } as const;
    const tries = [
      () => it.signIn('bob', BOB.password),
      () => accounts.signOut(ada),
      () => accounts.revokeSession(ada.sessionId!, ada),
      () => accounts.changePassword(ada, { current: ADA.password, password: 'of no importance' }, HERE),
      () => users.create(EVE, ada),
      () => users.change('bob', { role: 'viewer' }, ada),
      () => users.remove('bob', ada),
      () => tokens.create(wish, ada),
    ];
    for (const attempt of tries) await expect(attempt()).rejects.toThrow(StoreUnavailable);
    expect(it.identityOf({ secret })).toBe(ada);
    expect(told).toBe(0);
    expect(await accounts.signIn({ name: 'bob', password: 'wrong password' }, HERE, null)).toMatchObject({
      refused: 'wrong_credentials',
    });
    expect(JSON.stringify([users.list(), accounts.sessions(ada), tokens.list(ada)])).toBe(before);
    it.disk.full = false;
    granted(await accounts.signOut(ada));
    expect(told).toBe(1);
  });

  test('U46: neither passwords nor secrets, whatever is done', async () => {
    const { test: it, ada, secret, users, tokens } = await withAda();
    const { accounts } = it;
    const secrets = [ADA.password, BOB.password, EVE.password, 'a typed one, wrong', secret];
    granted(await users.create(EVE, ada));
    granted(await users.change('bob', { password: 'a second password' }, ada));
    const bob = await it.signIn('bob', 'a second password');
    const { token } = granted(
      await tokens.create({ name: 'ci', role: 'viewer', expiresInMs: null }, it.identityOf(bob)),
    );
    await accounts.signIn({ name: 'eve', password: 'a typed one, wrong' }, HERE, null);
    granted(await accounts.changePassword(ada, { current: ADA.password, password: 'yet another one' }, HERE));
    secrets.push('a second password', bob.secret, token.slice(4), 'yet another one');
    for (const one of secrets) expect(it.disk.text).not.toContain(one);
  });

  test('U47: the audit says who did what, and of a refused sign-in no name that is none', async () => {
    const { test: it, ada, users, tokens } = await withAda();
    const { accounts } = it;
    granted(await users.create(EVE, ada));
    granted(await users.change('eve', { role: 'operator', password: 'another long one' }, ada));
    await accounts.signIn({ name: 'EVE', password: 'wrong password' }, HERE, null);
    await accounts.signIn({ name: 'my-pass-word', password: 'wrong password' }, HERE, null);
    const { id } = granted(await tokens.create({ name: 'ci', role: 'viewer', expiresInMs: null }, ada));
    granted(await tokens.revoke(id, ada));
    granted(await accounts.changePassword(ada, { current: ADA.password, password: 'yet another one' }, HERE));
    granted(await users.remove('eve', ada));
    granted(await accounts.signOut(ada));
    const told = it.disk.audit.map(({ actor, action, target, detail }) => [actor, action, target, detail]);
    expect(told).toEqual([
      ['ada', 'sign-in', null, 'from 192.0.2.1'],
      ['ada', 'create-user', 'eve', 'as viewer'],
      ['ada', 'change-user', 'eve', 'from viewer to operator, a new password'],
      ['eve', 'sign-in-refused', null, 'wrong password, from 192.0.2.1'],
      ['unknown', 'sign-in-refused', null, 'no such user, from 192.0.2.1'],
      ['ada', 'create-token', 'ci', 'as viewer'],
      ['ada', 'revoke-token', 'ci', 'of ada'],
      ['ada', 'change-password', null, '0 other sessions ended'],
      ['ada', 'delete-user', 'eve', null],
      ['ada', 'sign-out', null, null],
    ]);
    expect(it.disk.audit.every(({ at }) => at === it.nowMs)).toBe(true);
  });

  test('U47: a flood of refused sign-ins writes thirty lines a minute', async () => {
    const { test: it } = await withAda();
    const refused = () => it.disk.audit.filter(({ action }) => action === 'sign-in-refused').length;
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await it.accounts.signIn(
          { name: `u${i}`, password: 'short' },
          { address: `198.51.100.${i}`, userAgent: null },
          null,
        );
      }
      // Nobody waits for these lines but this.
      await it.accounts.stop();
    };
    await flood();
    expect(refused()).toBe(30);
    it.nowMs += 60_000;
    await flood();
    expect(refused()).toBe(60);
  });
});
