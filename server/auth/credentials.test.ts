import { describe, expect, test } from 'vitest';
import { credentialsIn } from './credentials.ts';

const SECRET = `${'A'.repeat(42)}-`;
const OTHER = 'b'.repeat(43);
const cookie = `pulsewatch_session=${SECRET}`;

describe('what headers claim', () => {
  test('U15: the cookie, wherever it stands among others', () => {
    const session = { kind: 'session', secret: SECRET };
    for (const text of [
      cookie,
      `a=b; ${cookie}`,
      `${cookie};x=1`,
      `xpulsewatch_session=${OTHER}; ${cookie}`,
    ]) {
      expect(credentialsIn({ cookie: text })).toEqual(session);
    }
  });

  test('U15: a token, in whatever case its scheme is written', () => {
    const token = { kind: 'token', secret: `pwt_${SECRET}` };
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      expect(credentialsIn({ authorization: `${scheme} pwt_${SECRET}` })).toEqual(token);
    }
  });

  test('U15: with both the token alone counts, also when it is none', () => {
    expect(credentialsIn({ cookie, authorization: `Bearer pwt_${OTHER}` })).toMatchObject({ kind: 'token' });
    for (const authorization of ['', 'Basic YTpi', 'Bearer', 'Bearer x', `Bearer ${SECRET}`]) {
      expect(credentialsIn({ cookie, authorization })).toBeNull();
    }
  });

  test.each([
    undefined,
    '',
    'pulsewatch_session',
    'pulsewatch_session=',
    `pulsewatch_session="${SECRET}"`,
    `pulsewatch_session=${SECRET}x`,
    `pulsewatch_session=${SECRET.slice(1)}`,
    `pulsewatch_session=${SECRET.slice(1)}%`,
    `Pulsewatch_Session=${SECRET}`,
    `pulsewatch_session=__proto__`,
  ])('U15: %j is no session', (text) => {
    expect(credentialsIn({ cookie: text })).toBeNull();
  });

  test('U17: two cookies of our name are none: nobody can say which one is ours', () => {
    expect(credentialsIn({ cookie: `${cookie}; pulsewatch_session=${OTHER}` })).toBeNull();
    expect(credentialsIn({ cookie: `${cookie}; ${cookie}` })).toBeNull();
  });
});
