import { afterEach, expect, test } from 'vitest';
import { HEADER_BYTES, TAG_BYTES } from '../../lib/protocol/heartbeat.ts';
import { tagged } from '../engine/testing/tagged-bytes.ts';
import { whyNoLibc } from '../libc/libc.ts';
import { UdpListener } from '../testing/udp-listener.ts';
import { BenchChild } from './bench-child.ts';
import {
  BENCH_KEY,
  isSendAnswer,
  type SendAnswer,
  type SendQuestion,
  type SendShape,
} from './ingest-messages.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Little enough for the usual receive buffer, should this process not get to read for a while. */
const PER_SECOND = 20_000;
const FOR_MS = 250;
const BEATS = (PER_SECOND * FOR_MS) / 1_000;

test.skipIf(whyNoLibc() !== null)(
  'G110: the rate asked for, in the shape asked for, host after host; it answers what left and how late',
  async () => {
    const listener = await UdpListener.bind();
    closing.push(() => listener.close());
    const sender = new BenchChild<SendQuestion, SendAnswer>(
      new URL('./ingest-sender.ts', import.meta.url),
      [String(3 * BEATS)],
      isSendAnswer,
    );
    closing.push(() => sender.end());
    const seen = new Set<string>();
    let total = 0;
    for (const shape of ['direct', 'segment', 'bundle'] satisfies SendShape[]) {
      const answer = await sender.ask({ port: listener.port, perSecond: PER_SECOND, forMs: FOR_MS, shape });
      await listener.until((arrivals) => arrivals.length >= answer.datagrams);
      const arrivals = listener.arrivals.splice(0);
      expect(arrivals.length).toBe(answer.datagrams);
      const beats = arrivals.flatMap(({ bytes }) =>
        Array.from({ length: bytes.length / HEADER_BYTES }, (_, i) =>
          bytes.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES),
        ),
      );
      expect(beats.length).toBe(answer.sent);
      // Fewer only on a machine that gives it no time: what is late after the end is left out.
      expect(answer.sent).toBeLessThanOrEqual(BEATS);
      expect(answer.sent).toBeGreaterThan(0.5 * BEATS);
      expect(answer.refused).toBe(0);
      expect(answer.tookMs).toBeGreaterThan(0.9 * FOR_MS);
      expect(answer.lateMs.p50).toBeLessThanOrEqual(answer.lateMs.p99);
      expect(answer.lateMs.p99).toBeLessThanOrEqual(answer.lateMs.max);
      expect(answer.datagrams === answer.sent).toBe(shape !== 'bundle');
      for (const beat of beats) {
        seen.add(beat.toString('hex', 4, 12));
        expect(beat.readUInt32LE(20)).toBe(1);
      }
      total += beats.length;
      // Every one another host: there are as many as beats.
      expect(seen.size).toBe(total);
    }
  },
);

test.skipIf(whyNoLibc() !== null)(
  'G110: signed beats carry the tags of their hosts, and go on from the beats before',
  async () => {
    const listener = await UdpListener.bind();
    closing.push(() => listener.close());
    const sender = new BenchChild<SendQuestion, SendAnswer>(
      new URL('./ingest-sender.ts', import.meta.url),
      [String(2 * BEATS)],
      isSendAnswer,
    );
    closing.push(() => sender.end());
    const newest = new Map<string, number>();
    let total = 0;
    for (const shape of ['direct', 'segment'] satisfies SendShape[]) {
      const question = { port: listener.port, perSecond: PER_SECOND, forMs: FOR_MS, shape, signed: true };
      const answer = await sender.ask(question);
      await listener.until((arrivals) => arrivals.length >= answer.datagrams);
      const arrivals = listener.arrivals.splice(0);
      expect(arrivals.length).toBe(answer.sent);
      expect(answer.refused).toBe(0);
      expect(answer.sent).toBeGreaterThan(0.5 * BEATS);
      for (const { bytes } of arrivals) {
        expect(bytes.length).toBe(HEADER_BYTES + TAG_BYTES);
        expect(Buffer.compare(tagged(bytes.subarray(0, HEADER_BYTES), BENCH_KEY), bytes)).toBe(0);
        newest.set(bytes.toString('hex', 4, 12), bytes.readUInt32LE(20));
      }
      // Each run begins where the one before it ended: every beat is another host's.
      total += arrivals.length;
      expect(newest.size).toBe(total);
    }
    const plain = await sender.ask({ port: listener.port, perSecond: PER_SECOND, forMs: FOR_MS });
    await listener.until((arrivals) => arrivals.length >= plain.datagrams);
    for (const { bytes } of listener.arrivals) {
      const seq = bytes.readUInt32LE(20);
      expect(seq).toBeGreaterThan(newest.get(bytes.toString('hex', 4, 12)) ?? 0);
    }
  },
);
