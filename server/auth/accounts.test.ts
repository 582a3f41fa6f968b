import { afterEach, describe, expect, test } from 'vitest';
import type { Identity } from './identity.ts';
import { MAX_SESSIONS_PER_USER } from './sign-in.ts';
import { ADA, BOB, bearer, cookieOf, granted, HERE, TestAccounts } from './testing/test-accounts.ts';

const DAY_MS = 86_400_000;

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
  return made;
}

/** How often its end was told. */
function ends(identity: Identity): { times: number } {
  const counted = { times: 0 };
  identity.onEnd(() => counted.times++);
  return counted;
}

/** Lets a second pass, as the timer does. */
function tick(test: TestAccounts, ms = 1_000): void {
  test.nowMs += ms;
  test.accounts.tick();
}

describe('the first administrator', () => {
  test('U10: without a user one token is told, and it makes an administrator who is signed in', async () => {
    const it = new TestAccounts();
    running.push(it);
    expect(it.setupTokens).toHaveLength(1);
    expect(it.setupTokens[0]).toMatch(/^[\w-]{43}$/);
    expect(it.accounts.info(null)).toEqual({ auth: 'password', setupNeeded: true, user: null });
    const signedIn = granted(
      await it.accounts.setUp({ token: it.setupTokens[0]!, name: 'ada', password: ADA.password }, HERE),
    );
    const { user } = it.identityOf(signedIn);
    expect(user).toEqual({ name: 'ada', role: 'administrator' });
    expect(it.accounts.infoOf(signedIn)).toEqual({ auth: 'password', setupNeeded: false, user });
    const again = await it.accounts.setUp(
      { token: it.setupTokens[0]!, name: 'eve', password: ADA.password },
      HERE,
    );
    expect(again).toMatchObject({ refused: 'setup_done' });
    expect(it.accounts.users.list()).toHaveLength(1);
    const next = it.restarted();
    running.push(next);
    expect(next.setupTokens).toEqual([]);
    await next.signIn('ada', ADA.password);
  });

  test('U10: a wrong token, name or password makes nobody, and the right one still works', async () => {
    const it = new TestAccounts();
    running.push(it);
    const token = it.setupTokens[0]!;
    const { accounts } = it;
    expect(await accounts.setUp({ token: 'x', name: 'ada', password: ADA.password }, HERE)).toMatchObject({
      refused: 'wrong_credentials',
    });
    expect(await accounts.setUp({ token: token, name: 'a b', password: ADA.password }, HERE)).toMatchObject({
      refused: 'invalid_parameter',
    });
    expect(await accounts.setUp({ token: token, name: 'ada', password: 'short' }, HERE)).toMatchObject({
      refused: 'invalid_parameter',
    });
    expect(accounts.info(null).setupNeeded).toBe(true);
    expect(accounts.users.list()).toEqual([]);
    granted(await accounts.setUp({ token: token, name: 'ada', password: ADA.password }, HERE));
  });

  test('U11: of two who set it up at once one becomes the administrator', async () => {
    const it = new TestAccounts();
    running.push(it);
    const both = ['ada', 'eve'].map((name) =>
      it.accounts.setUp({ token: it.setupTokens[0]!, name: name, password: ADA.password }, HERE),
    );
    const results = await Promise.all(both);
    expect(results.filter((result) => 'refused' in result)).toMatchObject([{ refused: 'setup_done' }]);
    expect(it.accounts.users.list()).toHaveLength(1);
  });

  test('U5: setup tokens cannot be tried more often than passwords', async () => {
    const it = new TestAccounts();
    running.push(it);
    for (let i = 0; i < 10; i++)
      await it.accounts.setUp({ token: 'x', name: 'ada', password: ADA.password }, HERE);
    const refused = await it.accounts.setUp(
      { token: it.setupTokens[0]!, name: 'ada', password: ADA.password },
      HERE,
    );
    expect(refused).toMatchObject({ refused: 'too_many_attempts', retryAfterMs: 6_000 });
    it.nowMs += 6_000;
    granted(
      await it.accounts.setUp({ token: it.setupTokens[0]!, name: 'ada', password: ADA.password }, HERE),
    );
  });
});

describe('signing in', () => {
  test('U30: with a name in any case and the right password; a wrong one of either says the same', async () => {
    const { test: it } = await withAda();
    expect(it.identityOf(await it.signIn('ADA', ADA.password)).user).toEqual({
      name: 'ada',
      role: 'administrator',
    });
    const wrong = [
      ['ada', 'wrong password'],
      ['eve', ADA.password],
      ['ada', ''],
      ['', ''],
      ['__proto__', ADA.password],
      ['ada', 'x'.repeat(100_000)],
    ] as const;
    const answers = [];
    for (const [name, password] of wrong)
      answers.push(await it.accounts.signIn({ name: name, password: password }, HERE, null));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ refused: 'wrong_credentials' });
  });

  test('U7, U8: wrong tries from an address use up its tries; right ones cost nothing', async () => {
    const { test: it } = await withAda();
    for (let i = 0; i < 3; i++) await it.signIn('ada', ADA.password);
    for (let i = 0; i < 10; i++) await it.accounts.signIn({ name: 'ada', password: 'short' }, HERE, null);
    const refused = await it.accounts.signIn({ name: 'ada', password: ADA.password }, HERE, null);
    expect(refused).toMatchObject({ refused: 'too_many_attempts', retryAfterMs: 6_000 });
    expect(refused).not.toHaveProperty('secret');
    it.nowMs += 6_000;
    await it.signIn('ada', ADA.password);
  });

  test('U6: who attacks a name from many addresses keeps its owner out of new places alone', async () => {
    const { test: it } = await withAda();
    const attack = (i: number) =>
      it.accounts.signIn(
        { name: 'Ada', password: 'short' },
        { address: `203.0.113.${i}`, userAgent: null },
        null,
      );
    for (let i = 0; i < 20; i++) expect(await attack(i)).toMatchObject({ refused: 'wrong_credentials' });
    expect(await attack(20)).toMatchObject({ refused: 'too_many_attempts' });
    const elsewhere = await it.accounts.signIn(
      { name: 'ada', password: ADA.password },
      { ...HERE, address: '198.51.100.1' },
      null,
    );
    expect(elsewhere).toMatchObject({ refused: 'too_many_attempts', retryAfterMs: 12_000 });
    // Where she is signed in, and at the server itself.
    await it.signIn('ada', ADA.password, HERE.address);
    await it.signIn('ada', ADA.password, '127.0.0.1');
    await it.signIn('ada', ADA.password, '::1');
  });

  test('U6: a place is known by its line: the IPv6 addresses of a browser change', async () => {
    const { test: it } = await withAda();
    await it.signIn('ada', ADA.password, '2001:db8:0:1::1');
    for (let i = 0; i < 20; i++) {
      const client = { address: `203.0.113.${i}`, userAgent: null };
      await it.accounts.signIn({ name: 'ada', password: 'short' }, client, null);
    }
    await it.signIn('ada', ADA.password, '2001:db8:0:1:aaaa:bbbb:cccc:dddd');
    const nextDoor = { ...HERE, address: '2001:db8:0:2::1' };
    expect(await it.accounts.signIn({ name: 'ada', password: ADA.password }, nextDoor, null)).toMatchObject({
      refused: 'too_many_attempts',
    });
  });

  test('U60: a crowd of strangers keeps nobody out of places where they are signed in', async () => {
    const { test: it } = await withAda();
    const strangers = Array.from({ length: 40 }, (_, i) =>
      it.accounts.signIn(
        { name: `n${i}`, password: 'wrong password' },
        { address: `203.0.113.${i}`, userAgent: null },
        null,
      ),
    );
    const elsewhere = { name: 'ada', password: ADA.password };
    expect(await it.accounts.signIn(elsewhere, { ...HERE, address: '198.51.100.1' }, null)).toMatchObject({
      refused: 'too_many_attempts',
    });
    await it.signIn('ada', ADA.password, HERE.address);
    await Promise.all(strangers);
  });

  test('U3, U7: who comes while too many passwords are being looked at is told to come again, and loses no try', async () => {
    const { test: it } = await withAda();
    const right = { name: BOB.name, password: BOB.password };
    const signIn = (i: number) =>
      it.accounts.signIn(right, { address: `127.0.0.${i}`, userAgent: null }, null);
    for (let round = 0; round < 12; round++) {
      const all = await Promise.all(Array.from({ length: 25 }, (_, i) => signIn(i)));
      const refused = all.filter((result) => 'refused' in result);
      expect(refused).toHaveLength(25 - 2 - 16);
      for (const one of refused)
        expect(one).toMatchObject({ refused: 'too_many_attempts', retryAfterMs: 1_000 });
    }
  });

  test('U22: a hundred sessions a user; the one unused for longest makes room', async () => {
    const { test: it, secret } = await withAda();
    const session = it.disk.stored().sessions[0]!;
    const others = Array.from({ length: MAX_SESSIONS_PER_USER - 1 }, (_, i) => ({
      ...session,
      id: `${i}`.padStart(16, '0'),
      secretHash: `${i}`.padStart(64, '0'),
      lastSeenAt: session.lastSeenAt + 1 + i,
    }));
    await it.disk.changeAccounts(
      others.map((one) => ({ type: 'put-session', session: one })),
      [],
    );
    const full = it.restarted();
    running.push(full);
    // Made use of just now, so that it is not the oldest any more.
    full.nowMs += 60_000;
    full.identityOf({ secret });
    await full.signIn('ada', ADA.password);
    const left = full.disk.stored().sessions.map(({ id }) => id);
    expect(left).toHaveLength(MAX_SESSIONS_PER_USER);
    expect(left).not.toContain(others[0]!.id);
    expect(left).toContain(session.id);
  });

  test('U25: signing in again in the same browser ends the session it had', async () => {
    const { test: it, ada } = await withAda();
    const ended = ends(ada);
    granted(await it.accounts.signIn({ name: 'ada', password: ADA.password }, HERE, ada.sessionId));
    expect([ended.times, it.disk.stored().sessions.length]).toEqual([1, 1]);
  });
});

describe('who it is', () => {
  test('U15: a cookie or a token that is known, and nobody for anything else', async () => {
    const { test: it, ada, secret } = await withAda();
    const { authenticate, tokens } = it.accounts;
    const { token } = granted(await tokens.create({ name: 'ci', role: 'viewer', expiresInMs: null }, ada));
    expect(authenticate(cookieOf({ secret }))?.user).toEqual({ name: 'ada', role: 'administrator' });
    expect(authenticate(bearer(token))?.user).toEqual({ name: 'ada', role: 'viewer' });
    expect(authenticate({ ...cookieOf({ secret }), ...bearer(token) })?.role).toBe('viewer');
    const unknown = token.slice(0, -3) + (token.endsWith('AAA') ? 'BBB' : 'AAA');
    expect(authenticate({ ...cookieOf({ secret }), ...bearer(unknown) })).toBeNull();
    // The secret of one is none of the other.
    expect(authenticate(bearer(`pwt_${secret}`))).toBeNull();
    expect(authenticate(cookieOf({ secret: token.slice(4) }))).toBeNull();
    // Nor is what is stored.
    const { secretHash } = it.disk.stored().sessions[0]!;
    expect(authenticate(cookieOf({ secret: secretHash.slice(0, 43) }))).toBeNull();
    expect(authenticate({})).toBeNull();
  });

  test('U18: it is said at once and always of the same object, while the store takes its time', async () => {
    const { test: it, ada, secret } = await withAda();
    const { promise, resolve } = Promise.withResolvers<void>();
    it.disk.held = promise;
    const out = it.accounts.signOut(ada);
    expect(it.identityOf({ secret })).toBe(ada);
    resolve();
    granted(await out);
    expect(it.accounts.authenticate(cookieOf({ secret }))).toBeNull();
  });

  test('U16: a token may do what it was made for and never more than its user', async () => {
    const { test: it, ada } = await withAda();
    const bob = it.identityOf(await it.signIn('bob', BOB.password));
    const { tokens, users, authenticate } = it.accounts;
    const tooMuch = await tokens.create({ name: 'x', role: 'administrator', expiresInMs: null }, bob);
    expect(tooMuch).toMatchObject({ refused: 'forbidden' });
    const { token } = granted(await tokens.create({ name: 'x', role: 'operator', expiresInMs: null }, bob));
    const before = authenticate(bearer(token))!;
    const ended = ends(before);
    expect(before.role).toBe('operator');
    granted(await users.change('bob', { role: 'viewer' }, ada));
    expect([ended.times, authenticate(bearer(token))?.role]).toEqual([1, 'viewer']);
    granted(await users.change('bob', { role: 'administrator' }, ada));
    expect(authenticate(bearer(token))?.role).toBe('operator');
  });
});

describe('an identity ends', () => {
  test('U23: on signing out, on being revoked, with its user', async () => {
    const { test: it, ada } = await withAda();
    const bobs = [];
    for (let i = 0; i < 3; i++) bobs.push(it.identityOf(await it.signIn('bob', BOB.password)));
    const ended = bobs.map(ends);
    const told = (): number[] => ended.map(({ times }) => times);
    granted(await it.accounts.signOut(bobs[0]!));
    expect(told()).toEqual([1, 0, 0]);
    granted(await it.accounts.revokeSession(bobs[1]!.sessionId!, ada));
    expect(told()).toEqual([1, 1, 0]);
    granted(await it.accounts.users.remove('BOB', ada));
    expect(told()).toEqual([1, 1, 1]);
    expect(it.disk.stored()).toMatchObject({
      users: [{ name: 'ada' }, { name: 'vic' }],
      sessions: [{ user: 'ada' }],
    });
    expect(ends(ada).times).toBe(0);
  });

  test('U23, U32: another role ends all sessions of that user, the same one none', async () => {
    const { test: it, ada } = await withAda();
    const signedIn = await it.signIn('bob', BOB.password);
    const ended = ends(it.identityOf(signedIn));
    granted(await it.accounts.users.change('bob', { role: 'operator' }, ada));
    expect(ended.times).toBe(0);
    granted(await it.accounts.users.change('bob', { role: 'viewer' }, ada));
    expect([ended.times, it.accounts.authenticate(cookieOf(signedIn))]).toEqual([1, null]);
    expect(it.identityOf(await it.signIn('bob', BOB.password)).role).toBe('viewer');
  });

  test('U23: one’s new password ends one’s other sessions; that of an administrator ends all', async () => {
    const { test: it, ada } = await withAda();
    const here = it.identityOf(await it.signIn('bob', BOB.password));
    const there = it.identityOf(await it.signIn('bob', BOB.password));
    const ended = [ends(here), ends(there)];
    const { changePassword, signIn } = it.accounts;
    expect(
      await changePassword.call(
        it.accounts,
        here,
        { current: 'wrong password', password: 'another long one' },
        HERE,
      ),
    ).toMatchObject({
      refused: 'wrong_credentials',
    });
    expect(
      await changePassword.call(it.accounts, here, { current: BOB.password, password: 'short' }, HERE),
    ).toMatchObject({
      refused: 'invalid_parameter',
    });
    expect(ended.map(({ times }) => times)).toEqual([0, 0]);
    granted(
      await changePassword.call(
        it.accounts,
        here,
        { current: BOB.password, password: 'another long one' },
        HERE,
      ),
    );
    expect(ended.map(({ times }) => times)).toEqual([0, 1]);
    expect(await signIn.call(it.accounts, { name: 'bob', password: BOB.password }, HERE, null)).toMatchObject(
      {
        refused: 'wrong_credentials',
      },
    );
    granted(await it.accounts.users.change('bob', { password: 'a third long one' }, ada));
    expect(ended.map(({ times }) => times)).toEqual([1, 1]);
    await it.signIn('bob', 'a third long one');
  });

  test('U23: who is signing in with the old password while a new one is being stored does not come in', async () => {
    const { test: it, ada } = await withAda();
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const store = it.disk.changeAccounts.bind(it.disk);
    it.disk.changeAccounts = async (...change) => {
      begun.resolve();
      await release.promise;
      return store(...change);
    };
    const changing = it.accounts.users.change('bob', { password: 'a second password' }, ada);
    await begun.promise;
    const { name, password } = BOB;
    const late = it.accounts.signIn({ name, password }, HERE, null);
    release.resolve();
    granted(await changing);
    expect(await late).toMatchObject({ refused: 'wrong_credentials' });
    await it.signIn('bob', 'a second password');
  });

  test('U23: a token’s when it is revoked, and within a second of its expiry', async () => {
    const { test: it, ada } = await withAda();
    const { tokens, authenticate } = it.accounts;
    const revoked = granted(await tokens.create({ name: 'a', role: 'viewer', expiresInMs: null }, ada));
    const expiring = granted(await tokens.create({ name: 'b', role: 'viewer', expiresInMs: 60_000 }, ada));
    const ended = [revoked, expiring].map(({ token }) => ends(authenticate(bearer(token))!));
    const told = (): number[] => ended.map(({ times }) => times);
    granted(await tokens.revoke(revoked.id, ada));
    expect(told()).toEqual([1, 0]);
    tick(it, 59_999);
    expect([told(), authenticate(bearer(expiring.token))?.role]).toEqual([[1, 0], 'viewer']);
    it.nowMs += 1;
    expect(authenticate(bearer(expiring.token))).toBeNull();
    tick(it, 0);
    expect(told()).toEqual([1, 1]);
  });

  test('U24: who asks too late is told at once, who has gone is not, and one that throws keeps no other from it', async () => {
    const { test: it, ada } = await withAda();
    const left = ends(ada);
    const leave = ada.onEnd(() => left.times++);
    leave();
    leave();
    ada.onEnd(() => {
      throw new Error('of a listener');
    });
    const after = ends(ada);
    granted(await it.accounts.signOut(ada));
    expect([left.times, after.times, ends(ada).times]).toEqual([1, 1, 1]);
    expect(it.faults.splice(0).map(({ message }) => message)).toEqual(['of a listener']);
  });
});

describe('how long it lasts', () => {
  test('U20: thirty days from the last use, over restarts as well', async () => {
    const { test: it, secret } = await withAda();
    it.nowMs += 29 * DAY_MS;
    it.identityOf({ secret });
    it.nowMs += 29 * DAY_MS;
    it.identityOf({ secret });
    await it.accounts.stop();
    const next = it.restarted();
    running.push(next);
    next.nowMs += 30 * DAY_MS - 1;
    expect(next.accounts.authenticate(cookieOf({ secret }))?.user?.name).toBe('ada');
    next.nowMs += 30 * DAY_MS;
    expect(next.accounts.authenticate(cookieOf({ secret }))).toBeNull();
    tick(next);
    await next.accounts.stop();
    expect(next.disk.stored().sessions).toEqual([]);
  });

  test('U20: an open page is a use', async () => {
    const { test: it, ada, secret } = await withAda();
    const ended = ends(ada);
    for (let day = 0; day < 40; day++) tick(it, DAY_MS);
    expect([ended.times, it.identityOf({ secret })]).toEqual([0, ada]);
  });

  test('U21: when one was last seen is written once a minute, and a full disk stops nobody', async () => {
    const { test: it, secret } = await withAda();
    const { writes } = it.disk;
    const before = writes.length;
    const minute = async (): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        it.identityOf({ secret });
        tick(it);
      }
      // All that was asked of the store has been done when a further change has.
      granted(await it.accounts.revokeSession('0'.repeat(16), it.identityOf({ secret })).then(() => null));
    };
    await minute();
    expect(writes.length).toBe(before + 1);
    expect(it.disk.stored().sessions[0]!.lastSeenAt).toBeGreaterThan(it.nowMs - 2_000);
    it.disk.full = true;
    await minute();
    it.disk.full = false;
    expect(writes.length).toBe(before + 1);
    await minute();
    expect(writes.length).toBe(before + 2);
    expect(it.accounts.users.list()[0]!.lastSeenAt).toBe(it.nowMs);
    // Nobody here: nothing to write.
    tick(it, 120_000);
    tick(it, 120_000);
    await it.accounts.stop();
    expect(writes.length).toBe(before + 2);
  });
});
