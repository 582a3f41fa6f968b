import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalLabels } from '../../lib/protocol/host.ts';
import { hostIdBytes } from '../host-id.ts';
import { runCommand } from '../testing/command-run.ts';
import { BeatSource } from './beat-source.ts';
import { formatHostSecret, MessageSigner, parseHostSecret } from './host-secret.ts';

// Of the master 00112233…eeff, twice, with id 1, for web-01; reckoned apart from this program.
const MASTER = '00112233445566778899aabbccddeeff'.repeat(2);
const KEY = '9578e760fbeff57829c75cc0071ebaff2217464f54580ec68f11a7a703f2e6c5';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const identity = {
  name: 'web-01',
  hostId: hostIdBytes('web-01'),
  labels: canonicalLabels([['rack', 'r17']]),
  intervalMs: 1_000,
};

describe('tags', () => {
  test('G80: a tagged beat, byte for byte', () => {
    const source = new BeatSource({ ...identity, secret: parseHostSecret(`1:${KEY}`) }, 1_800_000_000_000);
    expect(hex(source.next('beat', 0, 0))).toBe(
      'b71101010b9d9f06cc8cf44700505c18a3010000010000000000000064000000ba86cc400ad5288076eb9a27ef22f465',
    );
  });

  test('G80: hello and bye carry theirs, over all that stands before it', () => {
    const plain = new BeatSource(identity, 1_800_000_000_000);
    const signed = new BeatSource({ ...identity, secret: parseHostSecret(`7:${KEY}`) }, 1_800_000_000_000);
    for (const kind of ['hello', 'beat', 'bye'] as const) {
      const body = plain.next(kind, 5, 6);
      expect([body[2], body[3]]).toEqual([0, 0]);
      body[2] = 1;
      body[3] = 7;
      const tag = createHmac('sha256', Buffer.from(KEY, 'hex')).update(body).digest().subarray(0, 16);
      expect(hex(signed.next(kind, 5, 6))).toBe(hex(body) + tag.toString('hex'));
    }
  });

  test('G81: a key is read as it is printed; what is none is refused', () => {
    const secret = parseHostSecret(`255:${KEY}`)!;
    expect(formatHostSecret(secret)).toBe(`255:${KEY}`);
    expect(parseHostSecret(`1:${KEY.toUpperCase()}\n`)).toEqual({ keyId: 1, key: secret.key });
    for (const text of ['', KEY, `0:${KEY}`, `256:${KEY}`, `1:${KEY}aa`, `1:${KEY.slice(2)}`, `1:${KEY}:1`]) {
      expect(parseHostSecret(text)).toBeNull();
    }
    expect(() => new MessageSigner({ keyId: 1, key: new Uint8Array(16) })).toThrow(RangeError);
  });

  test('G81: a wrong one ends the command and is not repeated', async () => {
    const wrong = KEY.slice(2);
    for (const [args, environment] of [
      [['--key', `1:${wrong}`], {}],
      [[], { heartbeatKey: `1:${wrong}` }],
      [['--key', ''], { heartbeatKey: `1:${KEY}` }],
      // Where --key was forgotten.
      [[`1:${wrong}`], {}],
    ] as const) {
      const { code, warned } = await runCommand(['agent', '--server', '127.0.0.1', ...args], {}, environment);
      expect(code).toBe(2);
      expect(warned).toHaveLength(1);
      expect(warned[0]).not.toContain(wrong.slice(0, 8));
    }
  });
});

describe('key', () => {
  const heartbeatKeys = `3:${'ab'.repeat(16)},1:${MASTER}`;

  test('G82: one name: its key, of the master named last; several: a line each', async () => {
    expect(await runCommand(['key', 'web-01'], {}, { heartbeatKeys })).toMatchObject({
      code: 0,
      printed: [`1:${KEY}`],
      warned: [],
    });
    const { printed } = await runCommand(['key', 'web-01', 'web-02'], {}, { heartbeatKeys });
    expect(printed[0]).toBe(`web-01 1:${KEY}`);
    expect(printed[1]).toMatch(/^web-02 1:[0-9a-f]{64}$/);
    const other = await runCommand(['key', 'web-01', '--id', '3'], {}, { heartbeatKeys });
    expect(other.printed[0]).toMatch(/^3:[0-9a-f]{64}$/);
    expect(JSON.stringify([printed, other])).not.toContain(MASTER);
  });

  test.each([
    ['no name', ['key'], heartbeatKeys, 'no name was given'],
    ['what is no name', ['key', '-x/y'], heartbeatKeys, 'the options are'],
    ['another', ['key', 'a/b'], heartbeatKeys, '"a/b" is no name'],
    ['no masters', ['key', 'web-01'], undefined, 'HEARTBEAT_KEYS is not set'],
    ['masters that cannot be read', ['key', 'web-01'], `1:${MASTER},2`, 'HEARTBEAT_KEYS cannot be read'],
    ['an id that is not there', ['key', 'web-01', '--id', '2'], heartbeatKeys, '--id got "2"'],
  ])('G82: %s is a wrong use', async (_, args, keys, words) => {
    const { code, printed, warned } = await runCommand(args, {}, { heartbeatKeys: keys });
    expect([code, printed]).toEqual([2, []]);
    expect(warned[0]).toContain(words);
    expect(warned[0]).not.toContain(MASTER.slice(0, 16));
  });
});
