import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocateRing, MAX_RECORD_BYTES, RecordKind, RingReader, RingWriter } from './hand-over.ts';

const SMALL = 2 * MAX_RECORD_BYTES;
const ADDRESS = Uint32Array.of(0, 0, 0xffff, 0x7f000001);

type Got = { kind: number; bytes: number[]; address: number[]; connection: number };

function drained(reader: RingReader, limit = Number.POSITIVE_INFINITY): Got[] {
  const got: Got[] = [];
  reader.drain(limit, (kind, bytes, length, address, connection) =>
    got.push({ kind, bytes: [...bytes.subarray(0, length)], address: [...address], connection }),
  );
  return got;
}

describe('a ring', () => {
  test('E81: what goes in comes out, whole and in order, round and round', () => {
    const record = fc.record({
      kind: fc.constantFrom(...Object.values(RecordKind)),
      length: fc.oneof({ weight: 8, arbitrary: fc.nat(100) }, fc.nat(MAX_RECORD_BYTES)),
      byte: fc.nat(255),
      at: fc.nat(9),
      address: fc.array(fc.nat(0xffff_ffff), { minLength: 4, maxLength: 4 }),
      connection: fc.nat(0xffff_ffff),
      drains: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 200, size: 'max' }), (records) => {
        const memory = allocateRing(SMALL);
        const writer = new RingWriter(memory);
        const reader = new RingReader(memory);
        const expected: Got[] = [];
        const got: Got[] = [];
        let refused = 0;
        for (const { kind, length, byte, at, address, connection, drains } of records) {
          const bytes = new Uint8Array(at + length + 1).fill(byte ^ 1);
          bytes.fill(byte, at, at + length);
          const taken = writer.put(kind, bytes, at, length, Uint32Array.from(address), connection);
          if (taken) expected.push({ kind, bytes: Array(length).fill(byte), address, connection });
          else refused++;
          if (drains) got.push(...drained(reader));
        }
        got.push(...drained(reader));
        expect(got).toEqual(expected);
        expect(reader.dropped).toBe(refused);
      }),
      { numRuns: 60 },
    );
  });

  test('E81: a full ring refuses, the refusals are counted, and what was read makes room', () => {
    const memory = allocateRing(SMALL);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    const beat = new Uint8Array(32);
    const put = (): boolean => writer.put(RecordKind.message, beat, 0, 32, ADDRESS, 0);
    let taken = 0;
    while (put()) taken++;
    expect(taken).toBeGreaterThan(SMALL / 57);
    expect(put()).toBe(false);
    expect(reader.dropped).toBe(2);
    expect(drained(reader, 10)).toHaveLength(10);
    for (let i = 0; i < 10; i++) expect(put()).toBe(true);
    expect(put()).toBe(false);
    expect(drained(reader)).toHaveLength(taken - 10);
    expect(drained(reader)).toHaveLength(10);
    expect(writer.put(1, new Uint8Array(MAX_RECORD_BYTES + 1), 0, MAX_RECORD_BYTES + 1, ADDRESS, 0)).toBe(
      false,
    );
    expect(() => allocateRing(1_000_000)).toThrow(/accepted: a power of two/);
  });

  test('E82: its instant counts when all that was in the ring by then has been handed out, not sooner', () => {
    const memory = allocateRing(SMALL);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    const put = (): boolean => writer.put(RecordKind.message, new Uint8Array(32), 0, 32, ADDRESS, 0);
    expect(reader.horizonMs).toBe(0);
    for (let i = 0; i < 5; i++) put();
    writer.publish(1_000);
    expect(drained(reader, 3)).toHaveLength(3);
    expect(reader.horizonMs).toBe(0);
    // What comes later is not waited for, or a busy ring would never get there.
    for (let i = 0; i < 5; i++) put();
    writer.publish(2_000);
    expect(drained(reader, 5)).toHaveLength(2);
    expect(reader.horizonMs).toBe(1_000);
    expect(drained(reader)).toHaveLength(5);
    expect(reader.horizonMs).toBe(2_000);
    writer.publish(Number.POSITIVE_INFINITY);
    drained(reader);
    expect(reader.horizonMs).toBe(Number.POSITIVE_INFINITY);
    writer.publish(3_000);
    drained(reader);
    expect(reader.horizonMs).toBe(3_000);
  });

  test('E82: between two threads: every record whole, none out of order, no instant before its records', async () => {
    const memory = allocateRing(SMALL);
    const RECORDS = 200_000;
    const worker = new Worker(
      `
        const { workerData } = require('node:worker_threads');
        import(workerData.module).then(({ RingWriter }) => {
          const writer = new RingWriter(workerData.memory);
          const bytes = new Uint8Array(40);
          const numbers = new Uint32Array(bytes.buffer);
          const address = new Uint32Array(4);
          for (let i = 1; i <= workerData.records; i++) {
            numbers.fill(i);
            address.fill(i);
            while (!writer.put(1, bytes, 0, 4 * (i % 10) + 4, address, i));
            writer.publish(i);
          }
        });
      `,
      {
        eval: true,
        workerData: { memory, records: RECORDS, module: new URL('./hand-over.ts', import.meta.url).href },
      },
    );
    const exited = once(worker, 'exit');
    const reader = new RingReader(memory);
    let last = 0;
    while (last < RECORDS) {
      reader.drain(1_000, (_, bytes, length, address, connection) => {
        const words = new Uint32Array(bytes.buffer, 0, length / 4);
        if (connection !== last + 1 || length !== 4 * (connection % 10) + 4)
          throw new Error(`record ${connection}`);
        if (words.some((word) => word !== connection) || address[3] !== connection) throw new Error('torn');
        last = connection;
      });
      if (reader.horizonMs > last) throw new Error(`instant ${reader.horizonMs} after record ${last}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await exited;
    reader.drain(1, () => {});
    expect(reader.horizonMs).toBe(RECORDS);
  });
});
