import { scryptSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isPasswordLength, Passwords, PasswordsBusy } from './passwords.ts';

const PASSWORD = 'correct horse battery';

describe('passwords', () => {
  test('U1: a hash says how it was made, has a salt of its own, and is that of RFC 7914', async () => {
    const passwords = new Passwords();
    const [a, b] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)]);
    const match = /^\$scrypt\$ln=15,r=8,p=1\$([\w-]{22})\$([\w-]{43})$/.exec(a)!;
    expect(match).not.toBeNull();
    expect(a).not.toBe(b);
    expect(a).not.toContain(PASSWORD);
    const key = scryptSync(PASSWORD, Buffer.from(match[1]!, 'base64url'), 32, {
      N: 2 ** 15,
      r: 8,
      p: 1,
      maxmem: 64 * 1_024 * 1_024,
    });
    expect(match[2]).toBe(key.toString('base64url'));
    expect(await passwords.verify(PASSWORD, a, 'stranger')).toBe(true);
    expect(await passwords.verify(`${PASSWORD} `, a, 'stranger')).toBe(false);
  });

  test('U1: one that was made with other numbers is still known', async () => {
    const salt = Buffer.from('0123456789abcdef');
    const key = scryptSync(PASSWORD, salt, 32, { N: 1_024, r: 4, p: 2 }).toString('base64url');
    const hash = `$scrypt$ln=10,r=4,p=2$${salt.toString('base64url')}$${key}`;
    const passwords = new Passwords();
    expect(await passwords.verify(PASSWORD, hash, 'stranger')).toBe(true);
    expect(await passwords.verify('wrong password', hash, 'stranger')).toBe(false);
  });

  test.each([
    '',
    'plain text',
    '$scrypt$ln=31,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=0,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=15,r=99,p=99$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('U2: a hash that is none of ours (%j) fits no password', async (hash) => {
    expect(await new Passwords().verify(PASSWORD, hash, 'stranger')).toBe(false);
  });

  test('U2: where there is no user the same work is done, and the answer is no', async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash(PASSWORD);
    const spanOf = async (of: string | null): Promise<number> => {
      const from = process.cpuUsage();
      expect(await passwords.verify('wrong password', of, 'stranger')).toBe(false);
      const { user, system } = process.cpuUsage(from);
      return user + system;
    };
    await spanOf(hash);
    // Processor time, which a busy machine does not stretch. Without the work it would be a thousandth.
    expect(await spanOf(null)).toBeGreaterThan((await spanOf(hash)) / 4);
    expect(await spanOf('plain text')).toBeGreaterThan((await spanOf(hash)) / 4);
  });

  test('U3: two are hashed at once, sixteen wait, further ones are turned away at once', async () => {
    const passwords = new Passwords();
    const settled: string[] = [];
    const begun = Array.from({ length: 20 }, (_, i) =>
      passwords.hash(`${PASSWORD}${i}`).then(
        () => settled.push('hashed'),
        (error: unknown) => settled.push(error instanceof PasswordsBusy ? 'busy' : String(error)),
      ),
    );
    await begun[19];
    expect(settled).toEqual(['busy', 'busy']);
    await Promise.all(begun);
    expect(settled.filter((how) => how === 'hashed')).toHaveLength(18);
    expect(await passwords.hash(PASSWORD)).toMatch(/^\$scrypt/);
  });

  test('U3: known people wait apart from a crowd of strangers, and go first', async () => {
    const passwords = new Passwords();
    const order: string[] = [];
    const ask = (asker: 'known' | 'stranger') =>
      passwords.verify(PASSWORD, null, asker).then(
        () => order.push(asker),
        () => order.push('busy'),
      );
    const strangers = Array.from({ length: 20 }, () => ask('stranger'));
    await Promise.all([ask('known'), ...strangers]);
    expect(order.slice(0, 2)).toEqual(['busy', 'busy']);
    // Behind the two that were being looked at, and the one that came when the first of those was done.
    expect(order.indexOf('known')).toBeLessThanOrEqual(5);
    expect(order.filter((who) => who === 'stranger')).toHaveLength(18);
  });

  test('U4: the same letters in other code points are the same password', async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash('passwort für alle');
    expect(await passwords.verify('passwort fu\u0308r alle', hash, 'stranger')).toBe(true);
    expect(await passwords.verify('passwort fur alle', hash, 'stranger')).toBe(false);
  });

  test('U4: 10 to 200 characters', () => {
    const lengths = [0, 9, 10, 200, 201].map((length) => isPasswordLength('x'.repeat(length)));
    expect(lengths).toEqual([false, false, true, true, false]);
  });
});
