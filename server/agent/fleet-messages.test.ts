import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeHeader, encodeHello, HEADER_BYTES, MessageType } from '../../lib/protocol/heartbeat.ts';
import { hostIdBytes } from '../host-id.ts';
import { FleetHosts } from './fleet-hosts.ts';
import { FleetKeys, parseMaster } from './fleet-keys.ts';
import { FleetMessages, messageSizes } from './fleet-messages.ts';
import { hostName, labelsOf } from './fleet-plan.ts';

const START_EPOCH_MS = 1_763_000_000_123;

const cases = fc.record({
  hosts: fc.integer({ min: 1, max: 300 }),
  racks: fc.integer({ min: 1, max: 300 }),
  intervalMs: fc.integer({ min: 10, max: 655_000 }),
  prefix: fc.constantFrom('host-', 'a', `${'p'.repeat(49)}.`),
  seed: fc.nat(),
  pick: fc.nat(),
  seq: fc.integer({ min: 1, max: 0xffffffff }),
  laterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 604_800_000 })),
  clockMs: fc.integer({ min: 0, max: 2 ** 33 }),
  lateMs: fc.double({ min: -1, max: 70_000, noNaN: true }),
  at: fc.integer({ min: 0, max: 40 }),
});

/** The bytes that must come out, by the contract's own encoders. */
function expected(of: { intervalMs: number; seq: number; clockMs: number; lateMs: number }, name: string) {
  const header = (type: 1 | 2 | 3, incarnation: number, lateMs: number) => ({
    ...of,
    type,
    hostId: hostIdBytes(name),
    incarnation,
    lateMs,
  });
  const alone = (type: 1 | 3, incarnation: number, lateMs: number): Buffer => {
    const bytes = Buffer.alloc(HEADER_BYTES);
    encodeHeader(new DataView(bytes.buffer, bytes.byteOffset), 0, header(type, incarnation, lateMs));
    return bytes;
  };
  return { header, alone };
}

describe('messages of a fleet', () => {
  test('G94: beats, byes and hellos are those of the contract, byte for byte', () => {
    fc.assert(
      fc.property(cases, ({ pick, seq, laterMs, clockMs, lateMs, at, ...given }) => {
        const options = { ...given, racks: Math.min(given.racks, given.hosts), flapping: 0 };
        const columns = new FleetHosts(options);
        const messages = new FleetMessages(columns, options, START_EPOCH_MS, null);
        const place = pick % options.hosts;
        const host = columns.hostAt[place]!;
        const name = hostName(host, options);
        columns.seqs[place] = seq;
        columns.beganAfterMs[place] = laterMs;
        const bytes = Buffer.alloc(300, 0xaa);
        const memory = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
        const { header, alone } = expected({ ...options, seq, clockMs, lateMs }, name);
        const incarnation = START_EPOCH_MS + laterMs;

        messages.beat(place, memory, at, clockMs, lateMs);
        expect(bytes.subarray(at, at + HEADER_BYTES)).toEqual(alone(MessageType.beat, incarnation, lateMs));
        expect(bytes.subarray(at + HEADER_BYTES).every((byte) => byte === 0xaa)).toBe(true);
        messages.bye(place, memory, at, clockMs);
        expect(bytes.subarray(at, at + HEADER_BYTES)).toEqual(alone(MessageType.bye, incarnation, 0));
        const hello = encodeHello(
          header(MessageType.hello, incarnation, lateMs),
          name,
          labelsOf(host, options),
        );
        expect(messages.hello(place, memory, at, clockMs, lateMs)).toBe(hello.length);
        expect(bytes.subarray(at, at + hello.length)).toEqual(Buffer.from(hello));
        expect(hello.length).toBeLessThanOrEqual(messageSizes(options, false).longestBytes);
      }),
      { numRuns: 200 },
    );
  });

  test('G105: with a master every message has its host’s own tag behind it, and the flag and key id', () => {
    const master = Buffer.alloc(32, 7);
    const options = {
      hosts: 40,
      racks: 3,
      intervalMs: 1_000,
      prefix: 'host-',
      seed: 1,
      flapping: 0,
    };
    const columns = new FleetHosts(options);
    const keys = new FleetKeys({ keyId: 200, master }, options.hosts);
    const messages = new FleetMessages(columns, options, START_EPOCH_MS, keys);
    const sizes = messageSizes(options, true);
    const bytes = Buffer.alloc(300);
    const memory = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
    const tagOf = (message: Buffer): Buffer => {
      const info = Buffer.concat([
        Buffer.from('pulsewatch-host-v1'),
        Uint8Array.of(200),
        message.subarray(4, 12),
      ]);
      const key = Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), info, 32));
      return createHmac('sha256', key).update(message.subarray(0, -16)).digest().subarray(0, 16);
    };
    for (let turn = 0; turn < 2; turn++) {
      for (let place = 0; place < options.hosts; place++) {
        columns.seqs[place]!++;
        const lengths = {
          hello: messages.hello(place, memory, 0, 5, 0),
          beat: messages.beatBytes,
          bye: messages.beatBytes,
        };
        expect(lengths.hello).toBeLessThanOrEqual(sizes.longestBytes);
        for (const kind of ['hello', 'beat', 'bye'] as const) {
          if (kind === 'beat') messages.beat(place, memory, 0, 5, 0);
          if (kind === 'bye') messages.bye(place, memory, 0, 5);
          const message = bytes.subarray(0, lengths[kind]);
          expect([message[2], message[3]]).toEqual([1, 200]);
          expect(message.subarray(-16)).toEqual(tagOf(message));
        }
      }
    }
    expect(messages.beatBytes).toBe(48);
  });

  test('G105: a key is read as the server’s setting has it', () => {
    expect(parseMaster(`1:${'ab'.repeat(16)}`)).toEqual({ keyId: 1, master: Buffer.alloc(16, 0xab) });
    for (const text of ['', '1:', `0:${'ab'.repeat(16)}`, `256:${'ab'.repeat(16)}`, `1:${'ab'.repeat(15)}`]) {
      expect(parseMaster(text), text).toBeNull();
    }
    expect(parseMaster(`1:${'a'.repeat(33)}`)).toBeNull();
    expect(parseMaster(`1:${'zz'.repeat(16)}`)).toBeNull();
  });

  test('G104: a host takes at most 32 bytes, without its keys', () => {
    const hosts = 50_000;
    const columns = new FleetHosts({ hosts, prefix: 'host-', seed: 1, flapping: 10 });
    const bytes = Object.values(columns)
      .filter((each) => ArrayBuffer.isView(each))
      .reduce((sum, column) => sum + column.byteLength, 0);
    expect(bytes / hosts).toBeGreaterThan(8);
    expect(bytes / hosts).toBeLessThanOrEqual(32);
    // And nothing else that grows with the hosts.
    expect(Object.values(columns).every((each) => ArrayBuffer.isView(each) || typeof each === 'number')).toBe(
      true,
    );
  });
});
