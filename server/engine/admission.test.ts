import { expect, test } from 'vitest';
import { Admission, type AdmissionRates, admissionRates } from './admission.ts';
import { NONE } from './layout.ts';
import { SourceBook } from './source-book.ts';

const RATES: AdmissionRates = { allBurst: 1e9, allPerSecond: 1e9, sourceBurst: 5, sourcePerSecond: 1 };

function admission(book: SourceBook, rates = RATES): Admission {
  return new Admission(new Int32Array(1), 1e9, book, rates);
}

/** How many new hosts of `address` come in before one is refused, at most 20. */
function admitted(gate: Admission, book: SourceBook, address: string, nowMs: number): number {
  for (let i = 0; i < 20; i++) if (gate.admit(book.ofText(address), nowMs) !== 'admitted') return i;
  return 20;
}

test('E16: the shards together have what one alone would have, the least that holds included', () => {
  for (const maxHosts of [1_000, 100_000, 1_000_000]) {
    const alone = Object.entries(admissionRates(maxHosts));
    for (const shards of [2, 5, 8]) {
      const parts = Object.entries(admissionRates(maxHosts, shards));
      const together = parts.map(([name, value]) => [name, Math.round(value * shards)]);
      expect(together).toEqual(alone.map(([name, value]) => [name, Math.round(value)]));
    }
  }
  expect(admissionRates(1_000)).toEqual({
    ...{ allBurst: 1_000, allPerSecond: 100, sourceBurst: 500, sourcePerSecond: 10 },
  });
  expect(admissionRates(1_000, 64).sourcePerSecond).toBe(1);
});

test('E124: a source has its burst, then its rate; an operator waits for nobody', () => {
  const book = new SourceBook(100);
  const gate = admission(book);
  expect(admitted(gate, book, '10.0.0.1', 0)).toBe(5);
  expect(admitted(gate, book, '10.0.0.1', 3_000)).toBe(3);
  expect(admitted(gate, book, '10.0.0.2', 3_000)).toBe(5);
  expect(admitted(gate, book, '127.0.0.1', 3_000)).toBe(20);
  for (let i = 0; i < 20; i++) expect(gate.admit(NONE, 3_000)).toBe('admitted');
});

test('E124: addresses that are not kept share one bucket', () => {
  const book = new SourceBook(3);
  const gate = admission(book);
  for (const last of [1, 2, 3]) expect(admitted(gate, book, `10.0.0.${last}`, 0)).toBe(5);
  expect(admitted(gate, book, '10.0.0.4', 0)).toBe(5);
  expect(admitted(gate, book, '10.0.0.5', 0)).toBe(0);
  expect(admitted(gate, book, '10.0.0.5', 2_000)).toBe(2);
  expect(admitted(gate, book, '10.0.0.1', 2_000)).toBe(2);
});

test('E124: a million sources make none forgotten that used its tokens up', () => {
  const book = new SourceBook(2_000_000);
  const gate = admission(book);
  const greedy = Array.from({ length: 1_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
  for (const address of greedy) expect(admitted(gate, book, address, 0)).toBe(5);
  for (let i = 0; i < 1_000_000; i++) {
    gate.admit(book.ofIpv4((0x0b00_0000 + i) >>> 0), 0);
  }
  for (const address of greedy) expect(admitted(gate, book, address, 0)).toBe(0);
});

test('E124: what is refused for all takes no room in the book', () => {
  const book = new SourceBook(100);
  const gate = admission(book, { ...RATES, allBurst: 10, allPerSecond: 0.001 });
  for (let i = 0; i < 50; i++) gate.admit(book.ofIpv4((0x0b00_0000 + i) >>> 0), 0);
  expect(book.next).toBe(10);
});
