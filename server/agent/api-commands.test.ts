import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { runCommand, type TerminalSettings } from '../testing/command-run.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  for (let i = 0; i < 1_203; i++) await server.beat(`many-${i} interval=600s rack=r${i % 3}`);
  await server.until('/api/health', ({ hosts }) => hosts.total >= 1_203);
});
afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

const run = (args: readonly string[], terminal?: TerminalSettings) =>
  runCommand([...args, '--url', server.url], terminal);

/** Hosts that were heard and fell silent; their alerts' ids. */
async function goDown(...names: string[]): Promise<string[]> {
  for (const name of names) {
    await server.beat(`${name} interval=20ms seq=1`);
    await server.beat(`${name} interval=20ms seq=2`);
  }
  const ids: string[] = [];
  for (const name of names) {
    const { host } = await server.until(
      `/api/hosts/${name}`,
      (body) => typeof body.host?.alertId === 'string' && body.host.state === 'down',
    );
    ids.push(host.alertId);
  }
  return ids;
}

async function ackOf(id: string) {
  const { alerts } = (await server.get('/api/alerts?limit=500')).body;
  return alerts.find((alert: { id: string }) => alert.id === id)?.ack;
}

describe('hosts', () => {
  test('G45: all pages, each host once, and how many there are', async () => {
    const { code, printed, warned } = await run(['hosts', '--q', 'many-', '--all']);
    expect(code).toBe(0);
    const names = printed.slice(1).map((line) => line.split(' ')[0]);
    expect(new Set(names).size).toBe(1_203);
    expect(names).toHaveLength(1_203);
    expect(printed[0]).toMatch(/^HOST +STATE +LAST HEARD +LABELS +REASON$/);
    expect(printed[1]).toMatch(/^many-0 +up +[\d.]+ s ago +rack:r0$/);
    expect(warned).toEqual(['1,203 hosts']);
  });

  test.each([
    [['--limit', '501'], 501],
    [[], 100],
  ] as const)('G45: %j is kept to, and what is left out is said', async (more, count) => {
    const { printed, warned } = await run(['hosts', '--q', 'many-', ...more]);
    expect(printed).toHaveLength(count + 1);
    expect(warned).toEqual([`1,203 hosts, ${count} shown (--all shows all)`]);
  });

  test.each([
    [['--label', 'rack:r1', '--q', 'many-12'], 4],
    [['--label', 'rack=r1', '--q', 'many-12'], 4],
    [['--label', 'rack:r1', '--label', 'rack:r2'], 0],
    [['--state', 'left'], 0],
  ] as const)('G45: the filter %j is the server’s', async (filter, count) => {
    const path = `/api/hosts?limit=1&${new URLSearchParams(
      filter.flatMap((word, i) => (i % 2 === 0 ? [[word.slice(2), filter[i + 1]!.replace('=', ':')]] : [])),
    )}`;
    expect((await server.get(path)).body.total).toBe(count);
    const { code, printed } = await run(['hosts', '--all', ...filter]);
    expect([code, printed.length]).toEqual([0, count === 0 ? 0 : count + 1]);
  });

  test('G46: --json is one answer of the API with all pages in it', async () => {
    const { code, printed, warned } = await run(['hosts', '--json', '--q', 'many-', '--all']);
    expect([code, warned]).toEqual([0, []]);
    const { position, total, hosts, nextCursor } = JSON.parse(printed.join('\n'));
    expect(position.e).toBe(server.epoch);
    expect([total, hosts.length, nextCursor]).toEqual([1_203, 1_203, null]);
    const { body } = await server.get('/api/hosts/many-7');
    const changing = { lastSeenAt: expect.anything() };
    expect(hosts.find(({ name }: { name: string }) => name === 'many-7')).toEqual({
      ...body.host,
      ...changing,
    });
    expect(printed).toHaveLength(1_203 + 2);
  });

  test('G46: with a limit it ends with the cursor that goes on; nothing found is an empty list', async () => {
    const { printed } = await run(['hosts', '--json', '--q', 'many-', '--limit', '2']);
    const { hosts, nextCursor } = JSON.parse(printed.join('\n'));
    expect(hosts).toHaveLength(2);
    expect(typeof nextCursor).toBe('string');
    const none = await run(['hosts', '--json', '--q', 'no-such-host']);
    expect(JSON.parse(none.printed.join(''))).toMatchObject({ total: 0, hosts: [], nextCursor: null });
  });

  test('G47: on a terminal of 50 columns no line is wider', async () => {
    const { printed } = await run(['hosts', '--q', 'many-1', '--all'], { columns: 50 });
    expect(Math.max(...printed.map((line) => line.length))).toBeLessThanOrEqual(50);
  });
});

describe('alerts and acknowledging', () => {
  test('G45, G46, G49, G52: by name and by id; the list says who, until when and why', async () => {
    const [first, second] = await goDown('db-1', 'db-2');
    const before = Date.now();
    const acked = await run([
      'ack',
      'db-1',
      second!,
      ...['--comment', 'disk is full', '--expires', '1h', '--by', 'ana'],
    ]);
    expect([acked.code, acked.warned]).toEqual([0, []]);
    expect(acked.printed.slice(0, 3)).toEqual([
      'db-1: acknowledged',
      `${second}: acknowledged`,
      '2 acknowledged',
    ]);
    for (const id of [first!, second!]) {
      const ack = await ackOf(id);
      expect(ack).toMatchObject({ by: 'ana', comment: 'disk is full' });
      expect(ack.expiresAt - ack.at).toBe(3_600_000);
      expect(ack.at).toBeGreaterThanOrEqual(before - 1_000);
    }
    const list = await run(['alerts', '--status', 'acknowledged']);
    expect(list.printed[0]).toMatch(/^HOST +OPENED +CLOSED +ACKNOWLEDGED BY +REASON +ID$/);
    const row = list.printed.find((line) => line.includes(first!));
    expect(row).toMatch(
      /^db-1 +20\d\d-[\d-]+ [\d:]+ +open +ana at .* until .*: disk is full +no heartbeat for/,
    );
    const json = await run(['alerts', '--json', '--all']);
    const { alerts } = JSON.parse(json.printed.join('\n'));
    const { body } = await server.get('/api/alerts?limit=500');
    expect(alerts.find(({ id }: { id: string }) => id === first)).toEqual(
      body.alerts.find(({ id }: { id: string }) => id === first),
    );
  });

  test('G52: without --by it is the account that runs it', async () => {
    const [id] = await goDown('who-1');
    expect((await run(['ack', 'who-1'])).code).toBe(0);
    expect(await ackOf(id!)).toMatchObject({ by: 'tester', comment: null, expiresAt: null });
  });

  test('G49: taken already is success and names the first owner', async () => {
    await goDown('twice-1');
    await run(['ack', 'twice-1', '--by', 'ana']);
    const { code, printed } = await run(['ack', 'twice-1', '--by', 'bob']);
    expect(code).toBe(0);
    expect(printed).toEqual([
      expect.stringMatching(/^twice-1: was acknowledged already, by ana at /),
      '0 acknowledged, 1 were already',
    ]);
  });

  test('G49: what cannot be taken is said, the rest is taken, exit code 1', async () => {
    const [id] = await goDown('rest-1');
    const unknown = `${hostIdHex('many-1')}-7`;
    const { code, printed, warned } = await run(['ack', 'many-1', 'no-such', 'rest-1', unknown]);
    expect(code).toBe(1);
    expect(warned).toEqual([
      'many-1: it is up, without an open alert',
      expect.stringContaining('"no-such" is neither the name nor the id of a host'),
      `${unknown}: not acknowledged, its host is up, or this is not its open alert`,
    ]);
    expect(printed).toContain('rest-1: acknowledged');
    expect((await ackOf(id!)).by).toBe('tester');
  });

  test('G49: when none is left nothing is asked for', async () => {
    const { code, printed } = await run(['ack', 'many-1', '--json']);
    expect([code, printed]).toEqual([1, []]);
  });

  test('G46: ack --json is the answer of the API', async () => {
    const [id] = await goDown('json-1');
    const { printed } = await run(['ack', 'json-1', '--json']);
    const answer = JSON.parse(printed.join('\n'));
    expect(answer).toMatchObject({
      acked: 1,
      alreadyAcked: 0,
      skipped: 0,
      results: [{ id, outcome: 'acked' }],
    });
    const undone = await run(['unack', '--batch', answer.batchId, '--json']);
    expect(JSON.parse(undone.printed.join('\n'))).toEqual({ unacked: 1, skipped: 0 });
    expect(await ackOf(id!)).toBeNull();
  });

  test('G53: by name, by id and by batch; a batch of which nothing is left is exit code 1', async () => {
    const ids = await goDown('back-1', 'back-2', 'back-3');
    const { printed } = await run(['ack', 'back-1', 'back-2', 'back-3']);
    const [, batch] = /unack --batch (\S+)/.exec(printed.at(-1)!)!;
    expect(await run(['unack', 'back-1'])).toMatchObject({ code: 0, printed: ['1 no longer acknowledged'] });
    expect((await run(['unack', ids[1]!])).code).toBe(0);
    expect(await run(['unack', ids[1]!])).toMatchObject({ code: 1 });
    expect(await run(['unack', '--batch', batch!])).toMatchObject({ code: 0 });
    expect(await Promise.all(ids.map(ackOf))).toEqual([null, null, null]);
    expect(await run(['unack', '--batch', batch!])).toMatchObject({ code: 1 });
    expect(await run(['unack', '--batch', 'nobodys'])).toMatchObject({ code: 1 });
  });
});

describe('by filter', () => {
  test('G50: the count, the question, and only a yes does it', async () => {
    const ids = await goDown('bulk-1', 'bulk-2');
    const args = ['ack', '--all-matching', '--q', 'bulk-'];
    for (const answer of ['', 'n', 'yeah']) {
      const { code, questions, warned } = await run(args, { answer });
      expect([code, warned]).toEqual([1, ['nothing was acknowledged']]);
      expect(questions).toEqual(['2 hosts that are down match. Acknowledge? [y/N] ']);
    }
    expect(await Promise.all(ids.map(ackOf))).toEqual([null, null]);
    const { code, printed } = await run(args, { answer: ' Yes' });
    expect([code, printed[0], printed[1]]).toEqual([0, '2 hosts that are down match', '2 acknowledged']);
    for (const ack of await Promise.all(ids.map(ackOf))) expect(ack.by).toBe('tester');
  });

  test('G50: a host that goes down while the question stands is not taken', async () => {
    await goDown('late-1');
    let second: string[] = [];
    const { questions } = await runWith('late-', async () => {
      second = await goDown('late-2');
      return 'y';
    });
    expect(questions).toEqual(['1 host that is down matches. Acknowledge? [y/N] ']);
    expect(await ackOf(second[0]!)).toBeNull();
  });

  async function runWith(q: string, answer: () => Promise<string>) {
    const questions: string[] = [];
    const ask = async (question: string): Promise<string> => {
      questions.push(question);
      return answer();
    };
    const terminal = { columns: null, ask, isAbandoned: () => false };
    await runCommand(['ack', '--all-matching', '--q', q, '--url', server.url], {}, { terminal });
    return { questions };
  }

  test('G50: --yes asks nothing; nothing that matches is no failure', async () => {
    await goDown('quick-1');
    const { code, questions, printed } = await run(['ack', '--all-matching', '--q', 'quick-', '--yes'], {
      answer: 'n',
    });
    expect([code, questions]).toEqual([0, []]);
    expect(printed).toContain('1 acknowledged');
    const none = await run(['ack', '--all-matching', '--q', 'no-such-', '--yes']);
    expect(none).toMatchObject({ code: 0, printed: ['0 hosts that are down match', '0 acknowledged'] });
  });

  test.each([[['ack', '--all-matching', '--q', 'many-']], [['remove', '--q', 'many-']]])(
    'G51: %j without a terminal and without --yes is refused before the server is asked',
    async (args) => {
      const { code, printed, warned } = await runCommand([...args, '--url', 'http://127.0.0.1:1024']);
      expect([code, printed]).toEqual([2, []]);
      expect(warned).toEqual([
        `pulsewatch ${args[0]}: there is no terminal to ask at; add --yes to do it without being asked`,
      ]);
    },
  );
});

describe('remove', () => {
  const exists = async (name: string) => (await server.get(`/api/hosts/${name}`)).status === 200;

  test('G54: by name; a name that is not there is said, the others go', async () => {
    await server.beat('gone-1 interval=600s');
    await server.beat('gone-2 interval=600s');
    await server.until('/api/hosts/gone-2', ({ host }) => host !== undefined);
    const { code, printed, warned } = await run(['remove', 'gone-1', 'gone-9', hostIdHex('gone-2')]);
    expect([code, printed]).toEqual([1, ['gone-1: removed', `${hostIdHex('gone-2')}: removed`]]);
    expect(warned).toEqual([expect.stringContaining('"gone-9" is neither')]);
    await server.until('/api/hosts?q=gone-', ({ total }) => total === 0);
  });

  test('G54: by filter: the count, the question, and only a yes does it', async () => {
    for (const i of [1, 2, 3]) await server.beat(`old-${i} interval=600s`);
    await server.until('/api/hosts?q=old-', ({ total }) => total === 3);
    const no = await run(['remove', '--q', 'old-'], { answer: 'n' });
    expect(no).toMatchObject({ code: 1, warned: ['nothing was removed'] });
    expect(no.questions[0]).toMatch(/^3 hosts match\. Remove/);
    expect(await exists('old-1')).toBe(true);
    const yes = await run(['remove', '--q', 'old-', '--json'], { answer: 'y' });
    expect(yes.code).toBe(0);
    expect(JSON.parse(yes.printed.join('\n')).removed).toBe(3);
    await server.until('/api/hosts?q=old-', ({ total }) => total === 0);
  });

  test.each([
    [['--by', 'ana & co'], 'ana & co'],
    [[], 'tester'],
  ])('G52: with %j the history says that it was %s, by name and by filter', async (more, by) => {
    for (const how of ['name', 'filter']) {
      const name = `leaver-${how}-${more.length}`;
      await server.beat(`${name} interval=600s`);
      await server.until(`/api/hosts/${name}`, ({ host }) => host !== undefined);
      const args = how === 'name' ? [name] : ['--q', name, '--yes'];
      expect((await run(['remove', ...args, ...more])).code).toBe(0);
      const { events } = await server.until(`/api/hosts/${name}/events`, ({ events }) =>
        events?.some(({ kind }: { kind: string }) => kind === 'removed'),
      );
      expect(events[0]).toMatchObject({ kind: 'removed', host: name, by });
    }
  });

  test('G54: --json of names is one answer', async () => {
    await server.beat('off-1 interval=600s');
    await server.until('/api/hosts/off-1', ({ host }) => host !== undefined);
    const { printed } = await run(['remove', 'off-1', '--json']);
    expect(JSON.parse(printed.join('\n')).removed).toBe(1);
  });
});
