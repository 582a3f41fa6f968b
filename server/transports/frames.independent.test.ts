/**
 * Every kind of frame, byte for byte, by a reader that was written from the protocol's text alone: it shares no
 * code with the server's encoders, nor with the libraries they use. Its server is a real one.
 */
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import { ContractServer } from './contract-server.ts';

const EPOCH = 'a1b2c3d4e5f60718';

/** A byte string as msgpack `bin` carries it; `ext` and `str` come out otherwise, so that they cannot pass. */
type Bin = { readonly bin: number[] };
type Value = null | boolean | number | string | Bin | Value[] | { [key: string]: Value };

/** One msgpack value that must use up all bytes. Only the forms of the msgpack specification used here. */
function readMsgpack(bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const uint = (size: 1 | 2 | 4 | 8): number => {
    const from = at;
    at += size;
    if (size === 1) return view.getUint8(from);
    if (size === 2) return view.getUint16(from);
    if (size === 4) return view.getUint32(from);
    return Number(view.getBigUint64(from));
  };
  const raw = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const text = (length: number): string => new TextDecoder('utf-8', { fatal: true }).decode(raw(length));
  const list = (length: number): Value[] => Array.from({ length }, value);
  const map = (length: number): Value => {
    const entries: { [key: string]: Value } = {};
    for (let i = 0; i < length; i++) {
      const key = value() as string;
      if (key in entries) throw new Error(`${key} stands twice`);
      entries[key] = value();
    }
    return entries;
  };
  function value(): Value {
    const prefix = uint(1);
    if (prefix <= 0x7f) return prefix;
    if (prefix <= 0x8f) return map(prefix - 0x80);
    if (prefix <= 0x9f) return list(prefix - 0x90);
    if (prefix <= 0xbf) return text(prefix - 0xa0);
    if (prefix === 0xc0) return null;
    if (prefix === 0xc2 || prefix === 0xc3) return prefix === 0xc3;
    if (prefix === 0xc4) return { bin: [...raw(uint(1))] };
    if (prefix === 0xc5) return { bin: [...raw(uint(2))] };
    if (prefix === 0xc6) return { bin: [...raw(uint(4))] };
    if (prefix === 0xcb) {
      at += 8;
      return view.getFloat64(at - 8);
    }
    if (prefix === 0xcc) return uint(1);
    if (prefix === 0xcd) return uint(2);
    if (prefix === 0xce) return uint(4);
    if (prefix === 0xcf) return uint(8);
    // The library's own `undefined`, as it stands in the answer to a connect; no frame may have it.
    if (prefix === 0xd4) return { ext: [...raw(2)] };
    if (prefix === 0xd9) return text(uint(1));
    if (prefix === 0xdc) return list(uint(2));
    throw new Error(`0x${prefix.toString(16)} is not expected in a frame`);
  }
  const read = value();
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes too many`);
  return read;
}

const MASK = 0xffffffffn;

/** MurmurHash3's 32-bit finaliser, in whole numbers without wrap-around. */
function fmix32(word: bigint): bigint {
  let h = word & MASK;
  h ^= h >> 16n;
  h = (h * 0x85ebca6bn) & MASK;
  h ^= h >> 13n;
  h = (h * 0xc2b2ae35n) & MASK;
  return h ^ (h >> 16n);
}

/** `dig` as docs/protocol.md defines it, over [slot, state] pairs. */
function digestFromText(pairs: Iterable<readonly [number, number]>): string {
  let lo = 0n;
  let hi = 0n;
  for (const [slot, state] of pairs) {
    if (state === 0) continue;
    const x = (BigInt(slot) * 256n + BigInt(state)) & MASK;
    lo ^= fmix32((x + 0x9e3779b9n) & MASK);
    hi ^= fmix32(x ^ 0x85ebca6bn);
  }
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
}

const digestOfBytes = (states: Iterable<number>): string => digestFromText([...states].entries());

const ALERT: Alert = {
  id: '0011223344556677-1',
  hostId: '0011223344556677',
  host: 'web-01',
  episode: 1,
  openedAt: 1_700_000_000_123,
  closedAt: null,
  reason: 'no heartbeat for 5.0 s, größer als “erwartet” 🛑',
  evidence: null,
  incidentId: null,
  ack: { by: '王', at: 1_700_000_000_456, comment: null, expiresAt: null },
};

const COUNTS = { total: 5, pending: 0, up: 3, late: 0, down: 2, left: 0, acknowledged: 1, maintenance: 0 };

type Fields = { [key: string]: Value };

/** A viewer over one carriage: the frames of its next answer, byte fields as Bin. */
type RawViewer = { next(): Promise<Fields[]> };
type Carriage = {
  readonly name: string;
  open(server: ContractServer, e?: string, s?: number): Promise<RawViewer>;
};

/** MessagePack by hand: {type: 0, nsp: '/', data: {}} or with {e, s < 128}. */
function connectPacket(e?: string, s = 0): Uint8Array<ArrayBuffer> {
  const ascii = (text: string): number[] => [0xa0 + text.length, ...Buffer.from(text)];
  const cursor = e === undefined ? [0x80] : [0x82, ...ascii('e'), ...ascii(e), ...ascii('s'), s];
  return Uint8Array.from([
    0x83,
    ...ascii('type'),
    0,
    ...ascii('nsp'),
    ...ascii('/'),
    ...ascii('data'),
    ...cursor,
  ]);
}

/** A bare WebSocket: Engine.IO's and Socket.IO's packets taken apart here. */
const socketIo: Carriage = {
  name: 'Socket.IO',
  async open(server, e, s) {
    const socket = new WebSocket(server.socketIoUrl);
    socket.binaryType = 'arraybuffer';
    const messages: (string | Uint8Array)[] = [];
    let wake = (): void => {};
    socket.addEventListener('message', ({ data }) => {
      messages.push(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer));
      wake();
    });
    const message = async (): Promise<string | Uint8Array> => {
      while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift()!;
    };
    expect(await message()).toMatch(/^0\{"sid":/);
    socket.send(connectPacket(e, s));
    const connected = readMsgpack((await message()) as Uint8Array) as Fields;
    expect([connected.type, connected.nsp]).toEqual([0, '/']);
    return {
      async next() {
        const frames: Fields[] = [];
        do {
          const packet = await message();
          // One frame, one binary WebSocket message: type 2 (event), ["frame", frame].
          expect(packet).toBeInstanceOf(Uint8Array);
          const { type, nsp, data, ...rest } = readMsgpack(packet as Uint8Array) as Fields;
          expect([type, nsp, rest]).toEqual([2, '/', {}]);
          expect(data).toHaveLength(2);
          const [event, frame] = data as [Value, Fields];
          expect(event).toBe('frame');
          frames.push(frame);
        } while (!['S', 'D', 'B'].includes(frames.at(-1)!.t as string));
        return frames;
      },
    };
  },
};

/** A frame as it stands in JSON; its byte fields must be base64 with its padding. */
function fieldsOf(frame: { [key: string]: Value }): Fields {
  const byteFields = frame.t === 'S' ? ['data'] : frame.t === 'D' ? ['slots', 'states'] : [];
  return Object.fromEntries(
    Object.entries(frame).map(([key, value]): [string, Value] => {
      if (!byteFields.includes(key)) return [key, value];
      expect(value).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
      return [key, { bin: [...Buffer.from(value as string, 'base64')] }];
    }),
  );
}

/** A bare GET; the position is taken from the S and D frames. */
const polling: Carriage = {
  name: 'polling',
  async open(server, e, s) {
    let cursor = e === undefined ? '' : `e=${e}&s=${s}`;
    return {
      async next() {
        const response = await fetch(`${server.origin}/rt/poll?${cursor}`);
        const body = (await response.json()) as { frames: { [key: string]: Value }[] };
        expect(Object.keys(body)).toEqual(['frames']);
        return body.frames.map((frame) => {
          if (frame.t === 'S' || frame.t === 'D') cursor = `e=${frame.e}&s=${frame.s}`;
          return fieldsOf(frame);
        });
      },
    };
  },
};

/** A bare GET whose lines are taken apart here: `field: value` lines, and an empty one after each event. */
const sse: Carriage = {
  name: 'SSE',
  async open(server, e, s) {
    const query = e === undefined ? '' : `?e=${e}&s=${s}`;
    const response = await fetch(`${server.origin}/rt/sse${query}`);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const reader = response.body!.getReader();
    let text = '';
    const line = async (): Promise<string> => {
      while (!text.includes('\n')) {
        const { value, done } = await reader.read();
        if (done) throw new Error('the stream has ended');
        text += decoder.decode(value, { stream: true });
      }
      const end = text.indexOf('\n');
      const first = text.slice(0, end);
      text = text.slice(end + 1);
      return first;
    };
    expect([await line(), await line()]).toEqual(['retry: 2000', '']);
    return {
      async next() {
        const frames: Fields[] = [];
        do {
          const first = await line();
          const id = first.startsWith('id: ') ? first.slice('id: '.length) : null;
          const data = id === null ? first : await line();
          expect(data.slice(0, 'data: '.length)).toBe('data: ');
          const frame = JSON.parse(data.slice('data: '.length)) as { [key: string]: Value };
          expect(await line()).toBe('');
          expect(id).toBe(['S', 'D', 'B'].includes(frame.t as string) ? `${frame.e}.${frame.s}` : null);
          frames.push(fieldsOf(frame));
        } while (!['S', 'D', 'B'].includes(frames.at(-1)!.t as string));
        return frames;
      },
    };
  },
};

const bin = (...bytes: number[]): Bin => ({ bin: bytes });

describe('the reader itself', () => {
  test('L34: fmix32 has the known values of MurmurHash3', () => {
    expect(fmix32(0n)).toBe(0n);
    expect(fmix32(1n)).toBe(0x514e28b7n);
    expect(digestFromText([])).toBe('0000000000000000');
  });
});

describe.each([socketIo, sse, polling])('frames over $name', ({ open }) => {
  let server: ContractServer;

  beforeEach(async () => {
    server = await new ContractServer({ epoch: EPOCH }).listen();
  });
  afterEach(async () => {
    const closed = once(server.http, 'close');
    await server.close();
    await closed;
  });

  test('L34: S raw', async () => {
    server.addHosts(3);
    server.set([1, 4 | 16], [2, 5]);
    const viewer = await open(server);
    const from = server.viewers.clock();
    const [frame, ...more] = await viewer.next();
    expect(more).toEqual([]);
    expect(frame).toEqual({
      t: 'S',
      v: 1,
      e: EPOCH,
      s: 2,
      ts: expect.any(Number),
      n: 3,
      enc: 'raw',
      data: bin(2, 20, 5),
      dig: digestOfBytes([2, 20, 5]),
    });
    expect(Math.abs((frame!.ts as number) - from)).toBeLessThan(5_000);
  });

  test('L34: S gzip', async () => {
    server.addHosts(70_000);
    server.set([69_999, 3]);
    const [frame] = await (await open(server)).next();
    expect(frame).toMatchObject({ t: 'S', n: 70_000, enc: 'gzip', s: 2 });
    const { bin: zipped } = frame!.data as Bin;
    expect(zipped.slice(0, 3)).toEqual([0x1f, 0x8b, 8]);
    const states = gunzipSync(Uint8Array.from(zipped));
    expect([states.length, states[0], states[69_998], states[69_999]]).toEqual([70_000, 2, 2, 3]);
    expect(frame!.dig).toBe(digestOfBytes(states));
  });

  test('L34: D, its varints', async () => {
    server.addHosts(100_000);
    const viewer = await open(server);
    await viewer.next();
    const before = server.viewers.clock();
    // Staged out of order; gaps 3, 127, 128, 16,384 and 83,357.
    server.set([99_999, 5], [130, 3], [3, 4], [16_642, 4 | 32], [258, 4 | 16]);
    const [frame, ...more] = await viewer.next();
    expect(more).toEqual([]);
    const states = new Uint8Array(100_000).fill(2);
    for (const [slot, state] of [
      [3, 4],
      [130, 3],
      [258, 20],
      [16_642, 36],
      [99_999, 5],
    ] as const) {
      states[slot] = state;
    }
    expect(frame).toEqual({
      t: 'D',
      v: 1,
      e: EPOCH,
      f: 1,
      s: 2,
      ts: expect.any(Number),
      t0: expect.any(Number),
      slots: bin(0x03, 0x7f, 0x80, 0x01, 0x80, 0x80, 0x01, 0x9d, 0x8b, 0x05),
      states: bin(4, 3, 20, 36, 5),
      dig: digestOfBytes(states),
    });
    expect(frame!.t0).toBeGreaterThanOrEqual(before);
    expect(frame!.ts).toBeGreaterThanOrEqual(frame!.t0 as number);
  });

  test('L34: D of slot 0, of a removed host, and of a long list of bytes', async () => {
    server.addHosts(40_000);
    const viewer = await open(server);
    await viewer.next();
    server.log.freeSlot(0, server.viewers.clock());
    server.publish();
    expect(await viewer.next()).toMatchObject([{ t: 'D', slots: bin(0), states: bin(0) }]);
    const slots = Array.from({ length: 30_000 }, (_, i) => i + 1);
    server.set(...slots.map((slot): [number, number] => [slot, 3]));
    const [long] = await viewer.next();
    expect(long).toMatchObject({ t: 'D', f: 2, s: 3 });
    expect((long!.slots as Bin).bin).toEqual(slots.map(() => 1));
    expect((long!.states as Bin).bin).toEqual(slots.map(() => 3));
  });

  test('L34: A before the D of its s, and before S', async () => {
    server.addHosts(5);
    const viewer = await open(server);
    await viewer.next();
    server.log.stageAlert(ALERT);
    server.set([1, 4], [2, 4 | 16]);
    const alerts = { t: 'A', e: EPOCH, f: 1, s: 2, ts: expect.any(Number), alerts: [ALERT], counts: COUNTS };
    const frames = await viewer.next();
    expect(frames.map(({ t, s }) => [t, s])).toEqual([
      ['A', 2],
      ['D', 2],
    ]);
    expect(frames[0]).toEqual(alerts);
    const later = await (await open(server)).next();
    expect(later.map(({ t, s }) => [t, s])).toEqual([
      ['A', 2],
      ['S', 2],
    ]);
    expect(later[0]).toEqual({ ...alerts, f: 0 });
    for (let i = 0; i < 501; i++) server.log.stageAlert({ ...ALERT, id: `${ALERT.hostId}-${i + 2}` });
    server.publish();
    const [many, diff] = await viewer.next();
    expect(many).toMatchObject({ t: 'A', f: 2, s: 3, more: true });
    expect(many!.alerts).toHaveLength(500);
    expect(diff).toMatchObject({ t: 'D', f: 2, s: 3, slots: bin(), states: bin() });
  });

  test('L34: B', async () => {
    server.addHosts(2);
    const viewer = await open(server);
    await viewer.next();
    server.aheadMs += 5_000;
    expect(await viewer.next()).toEqual([
      {
        t: 'B',
        e: EPOCH,
        s: 1,
        ts: expect.any(Number),
        dig: digestOfBytes([2, 2]),
        rates: { heartbeatsPerSecond: 100, blind: false },
      },
    ]);
  });

  test('L34: R, then S', async () => {
    server.addHosts(2);
    const frames = await (await open(server, 'ffffffffffffffff', 1)).next();
    expect(frames[0]).toEqual({ t: 'R', e: EPOCH, why: 'epoch' });
    expect(frames[1]).toMatchObject({ t: 'S', s: 1, data: bin(2, 2) });
    const ahead = await (await open(server, EPOCH, 100)).next();
    expect(ahead[0]).toEqual({ t: 'R', e: EPOCH, why: 'gap' });
  });
});
