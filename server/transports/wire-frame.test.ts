import * as parser from 'socket.io-msgpack-parser';
import { afterEach, expect, test, vi } from 'vitest';
import { FRAME_EVENT, type SnapshotFrame } from '#lib/protocol/frames.ts';
import { ContractServer } from './contract-server.ts';
import { socketIoAdapter } from './contract-socketio.ts';
import { wireFrameOf } from './wire-frame.ts';

const snapshot = (bytes: number): SnapshotFrame => ({
  t: 'S',
  v: 1,
  e: '0123456789abcdef',
  s: 1,
  ts: 1,
  n: bytes,
  enc: 'raw',
  // A view into the middle of other memory.
  data: new Uint8Array(bytes + 20).fill(7, 10, bytes + 10).subarray(10, bytes + 10),
  dig: '0123456789abcdef',
});

/** The head of a binary frame as RFC 6455 has it, written out once more. */
function expectedHead(length: number): number[] {
  if (length < 126) return [0x82, length];
  if (length < 65_536) return [0x82, 126, length >> 8, length & 255];
  return [0x82, 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
}

test('L34: one binary WebSocket frame around the message, at every border of its length field', () => {
  const lengths = new Set<number>();
  for (const bytes of [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    200,
    ...Array.from({ length: 200 }, (_, i) => 65_380 + i),
  ]) {
    const { message, framed: whole } = wireFrameOf(snapshot(bytes));
    lengths.add(message.length);
    expect([...whole.subarray(0, whole.length - message.length)]).toEqual(expectedHead(message.length));
    expect(whole.subarray(-message.length).equals(message)).toBe(true);
  }
  for (const border of [65_535, 65_536]) expect(lengths).toContain(border);
  const beat = { t: 'R', e: '0123456789abcdef', why: 'old' } as const;
  const { framed: whole } = wireFrameOf(beat);
  expect([whole[0], whole[1], whole.length < 126]).toEqual([0x82, whole.length - 2, true]);
});

let server: ContractServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

test('L18: a frame is encoded once, however many viewers get it', async () => {
  const started = await new ContractServer().listen();
  server = started;
  started.addHosts(1_000);
  const encode = vi.spyOn(parser.Encoder.prototype, 'encode');
  const viewers = await Promise.all(Array.from({ length: 20 }, () => socketIoAdapter.connect(started)));
  for (const { until } of viewers) await until((view) => view.position?.s === 1);
  for (let tick = 0; tick < 5; tick++) {
    started.set([tick, 4], [tick + 500, 3]);
    for (const { until } of viewers) await until((view) => view.position?.s === started.log.seq);
  }
  const framesEncoded = encode.mock.calls.filter(([packet]) => {
    const { data } = packet as { data?: unknown };
    return Array.isArray(data) && data[0] === FRAME_EVENT;
  });
  // One snapshot and five diffs.
  expect(framesEncoded).toHaveLength(6);
  for (const { view } of viewers) {
    expect(view.kinds).toBe('SDDDDD');
    expect(view.digest).toBe(started.log.digest());
  }
});
