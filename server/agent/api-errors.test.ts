import { afterEach, describe, expect, test } from 'vitest';
import {
  type AnsweringServer,
  type Asked,
  type GivenAnswer,
  startAnswering,
} from '../testing/answering-server.ts';
import { runCommand } from '../testing/command-run.ts';

const TOKEN = 'pwt_0123456789abcdefABCDEF';
const servers: AnsweringServer[] = [];
afterEach(async () => {
  for (const each of servers.splice(0)) await each.stop();
});

async function answering(answer: (asked: Asked) => GivenAnswer): Promise<AnsweringServer> {
  const server = await startAnswering(answer);
  servers.push(server);
  return server;
}

const host = {
  id: '3d2f0a9c11b7e845',
  name: 'web-1',
  state: 'down',
  acknowledged: false,
  maintenance: false,
  labels: {},
  lastSeenAt: 1,
  changedAt: 1,
  reason: null,
  alertId: null,
};
const page = (hosts: unknown[], nextCursor: string | null = null): GivenAnswer => ({
  body: JSON.stringify({ position: { e: '0123456789abcdef', s: 1 }, total: 5, hosts, nextCursor }),
});
const problem = (status: number, code: string, detail: string): GivenAnswer => ({
  status,
  body: JSON.stringify({ type: `urn:pulsewatch:error:${code}`, title: 'No', status, code, detail }),
});

describe('wrong usage', () => {
  test.each([
    [['hosts', '--state', 'dead'], /--state got "dead"; it takes one of pending, up/],
    [['hosts', '--label', 'rack'], /--label got "rack"; it takes KEY:VALUE/],
    [['hosts', '--limit', '0'], /--limit got "0"; it takes a whole number from 1/],
    [['hosts', '--limit', '5', '--all'], /--all and --limit exclude each other/],
    [['hosts', 'web-1'], /"web-1" is not expected here/],
    [['hosts', '--url', 'ftp://x'], /--url got "ftp:\/\/x"; it takes an http or https address/],
    [['alerts', '--status', 'new'], /--status got "new"; it takes one of open, unhandled/],
    [['ack'], /it takes ids of alerts or names of hosts, or --all-matching/],
    [['ack', 'web-1', '--all-matching'], /one of the two alone/],
    [['ack', 'web-1', '--q', 'web'], /--q goes with --all-matching/],
    [['ack', '--all-matching', '--state', 'up'], /--state got "up"; it takes one of unhandled/],
    [['ack', 'web-1', '--expires', '999ms'], /--expires got "999ms"; it takes a time from 1s/],
    [['ack', 'web-1', '--comment', ' '], /--comment got " "; it takes 1 to 1000/],
    [['ack', 'web-1', '--by', ' '], /--by got " "; it takes 1 to 64/],
    [
      ['ack', ...Array.from({ length: 501 }, (_, i) => `web-${i}`)],
      /"web-500" is one too many; .* at most 500/,
    ],
    [['unack'], /or --batch ID, and one of the two alone/],
    [['unack', 'web-1', '--batch', 'b'], /one of the two alone/],
    [['unack', '--batch', 'a b'], /--batch got "a b"/],
    [['remove'], /it takes names of hosts, or a filter/],
    [['remove', 'web-1', '--state', 'left'], /one of the two alone/],
    [['remove', '--yes'], /it takes names of hosts, or a filter/],
    [['remove', 'web-1', '--by', 'x'.repeat(65)], /--by got "x+"; it takes 1 to 64/],
    [['backup'], /FILE is missing/],
    [['backup', 'a', 'b'], /"b" is one too many/],
  ] as const)('G55: %j is one line and exit code 2', async (args, message) => {
    const { code, printed, warned } = await runCommand(args, { answer: 'y' });
    expect([code, printed]).toEqual([2, []]);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toMatch(message);
  });

  test.each(['hosts', 'alerts', 'ack', 'unack', 'remove', 'backup'])(
    'G55: %s --help lists what there is',
    async (name) => {
      const { code, printed, warned } = await runCommand([name, '--help']);
      expect([code, warned]).toEqual([0, []]);
      expect(printed.join('\n')).toContain(`pulsewatch ${name}`);
      expect(printed.join('\n')).toContain('--help');
    },
  );
});

describe('refusals', () => {
  const COMMANDS = [
    ['hosts'],
    ['alerts'],
    ['status'],
    ['ack', '3d2f0a9c11b7e845-1'],
    ['ack', '--all-matching', '--yes'],
    ['unack', '--batch', 'b1'],
    ['remove', 'web-1'],
    ['remove', '--q', 'web', '--yes'],
  ];

  test.each(COMMANDS)('G55: %s: what the server says is one line and exit code 1', async (...args) => {
    const { origin } = await answering(() => problem(503, 'store_unavailable', 'the disk is full\u001b[2J'));
    const { code, printed, warned } = await runCommand([...args, '--url', origin]);
    expect([code, printed]).toEqual([1, []]);
    expect(warned).toEqual([`pulsewatch ${args[0]}: the disk is full\\u{1b}[2J`]);
  });

  test.each(COMMANDS)('G55: %s: nobody there is one line and exit code 1', async (...args) => {
    const { code, warned } = await runCommand([...args, '--url', 'http://127.0.0.1:1024']);
    expect([code, warned]).toEqual([
      1,
      [`pulsewatch ${args[0]}: no Pulsewatch at http://127.0.0.1:1024: ECONNREFUSED`],
    ]);
  });

  test.each([
    [{ body: '<html>' }, 'its answer is not JSON'],
    [{ status: 502, body: '<html>' }, 'it answered 502'],
    [{ status: 500, body: '{}' }, 'it answered 500'],
    [{ body: '[]' }, "its answer to /api/hosts is not one of Pulsewatch's"],
    [{ body: `"${'x'.repeat(17 * 1024 * 1024)}"` }, 'its answer is too long'],
  ])('G57: who does not speak as Pulsewatch does is refused (%#)', async (answer, why) => {
    const { origin } = await answering(() => answer);
    const { code, warned } = await runCommand(['hosts', '--url', origin]);
    expect([code, warned]).toEqual([1, [`pulsewatch hosts: no Pulsewatch at ${origin}: ${why}`]]);
  });

  test.each([
    [() => page([host], 'same'), 2],
    [() => page([], String(Math.random())), 1],
  ])('G57: a list that does not get on is given up (%#)', async (answer, calls) => {
    const { origin, asked } = await answering(answer);
    const { code, warned } = await runCommand(['hosts', '--all', '--url', origin]);
    expect([code, warned]).toEqual([1, ['pulsewatch hosts: the list at /api/hosts does not get on']]);
    expect(asked).toHaveLength(calls);
  });

  test.each([[[{ ...host, name: 7 }]], [[null]], [Array.from({ length: 501 }, () => host)]])(
    'G57: a list of something else is refused (%#)',
    async (hosts) => {
      const { origin } = await answering(() => page(hosts));
      const { code, warned } = await runCommand(['hosts', '--url', origin]);
      expect([code, warned]).toEqual([
        1,
        ['pulsewatch hosts: the answer at /api/hosts is not a list of hosts'],
      ]);
    },
  );

  test('G48: tricks in an answer are harmless on a terminal and in JSON', async () => {
    const trick = 'x\u001b]0;t\u0007\u202e\n\u009b';
    const { origin } = await answering(() =>
      page([{ ...host, name: trick, reason: trick, labels: { a: trick } }]),
    );
    for (const more of [[], ['--json']]) {
      const { printed } = await runCommand(['hosts', '--url', origin, ...more]);
      expect(printed.join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      if (more.length > 0) expect(JSON.parse(printed.join('\n')).hosts[0].name).toBe(trick);
    }
  });
});

describe('token', () => {
  test.each([
    [['--token', TOKEN], undefined],
    [[], TOKEN],
    [['--token', TOKEN], 'pwt_another'],
  ])('G56: with %j and PULSEWATCH_TOKEN=%s the option wins, and every call has it', async (more, token) => {
    const { origin, asked } = await answering(() => page([host]));
    await runCommand(['hosts', '--url', origin, ...more], {}, { token });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`]);
  });

  test('G56: without one none is sent', async () => {
    const { origin, asked } = await answering(() => page([host]));
    await runCommand(['hosts', '--url', origin], {}, { token: '' });
    expect(asked[0]!.headers.authorization).toBeUndefined();
  });

  test('G56: it does not follow a redirect elsewhere', async () => {
    const elsewhere = await answering(() => page([host]));
    const { origin } = await answering(({ url }) => ({
      status: 307,
      headers: { location: `${elsewhere.origin}${url}` },
      body: '',
    }));
    const { code } = await runCommand(['hosts', '--url', origin], {}, { token: TOKEN });
    expect([code, elsewhere.asked]).toEqual([1, []]);
  });

  test.each([
    [['hosts', '--token', `${TOKEN} x`], undefined],
    [['hosts', '--token', TOKEN, TOKEN], undefined],
    [['hosts', '--token', TOKEN, '--token', TOKEN], undefined],
    [['hosts', `--json=${TOKEN}`], undefined],
    [['hosts'], `${TOKEN}\n`],
  ])('G56: it is not repeated in an error (%#)', async (args, token) => {
    const { code, warned } = await runCommand(args, {}, { token });
    expect(code).toBe(2);
    expect(warned.join('\n')).not.toContain(TOKEN.slice(4));
  });

  test.each([
    [TOKEN, 'the API token was not accepted: wrong, expired or revoked'],
    [undefined, 'nobody is signed in (put an API token in PULSEWATCH_TOKEN)'],
  ])('G56: who is not let in is told whether a token is missing or refused (%#)', async (token, words) => {
    const { origin } = await answering(() => problem(401, 'unauthenticated', 'nobody is signed in'));
    for (const args of [['hosts'], ['remove', 'web-1'], ['ack', '--all-matching', '--yes']]) {
      const { code, warned } = await runCommand([...args, '--url', origin], {}, { token });
      expect(code).toBe(1);
      expect(warned).toEqual([`pulsewatch ${args[0]}: ${words}`]);
    }
  });
});
