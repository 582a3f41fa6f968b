import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAddress } from '../libc/internet-address.ts';
import { UNKEPT } from './layout.ts';
import { SourceBook } from './source-book.ts';

const wordsOf = (book: SourceBook, source: number): number[] => {
  const words = new Uint32Array(6).fill(9);
  book.wordsOf(source, words);
  expect([...words.subarray(4)]).toEqual([9, 9]);
  return [...words.subarray(0, 4)];
};

describe('numbers of sources', () => {
  test('E77: a number for good goes to a source that is kept, once, however its address comes', () => {
    const book = new SourceBook(10);
    const first = book.keep(book.ofText('10.0.0.1'));
    expect(first).toBe(0);
    expect(book.ofText('10.0.0.1')).toBe(0);
    expect(book.ofIpv4(0x0a00_0001)).toBe(0);
    expect(book.ofWords(0, 0, 0xffff, 0x0a00_0001)).toBe(0);
    expect(book.ofText('::ffff:10.0.0.1')).toBe(0);
    expect(book.keep(0)).toBe(0);
    expect(book.keep(book.ofText('2001:db8::1'))).toBe(1);
    expect(book.addressOf(0)).toBe('10.0.0.1');
    expect(book.addressOf(1)).toBe('2001:db8::1');
    expect(wordsOf(book, 1)).toEqual([0x2001_0db8, 0, 0, 1]);
    expect(book.hasNew).toBe(true);
    expect(book.takeNew()).toEqual([
      [0, '10.0.0.1'],
      [1, '2001:db8::1'],
    ]);
    expect(book.hasNew).toBe(false);
    expect(book.takeNew()).toEqual([]);
    expect(book.next).toBe(2);
  });

  test('E77: who is not kept takes no room, and is known until the next address is looked up', () => {
    const book = new SourceBook(10);
    const passing = book.ofText('127.0.0.9');
    expect(passing).toBeGreaterThanOrEqual(0x8000_0000);
    expect(passing).toBeLessThan(UNKEPT);
    expect(book.ofText('127.0.0.9')).toBe(passing);
    expect(book.addressOf(passing)).toBe('127.0.0.9');
    expect(book.isLoopback(passing)).toBe(true);
    expect(wordsOf(book, passing)).toEqual([0, 0, 0xffff, 0x7f00_0009]);
    const next = book.ofText('10.0.0.2');
    expect(book.isLoopback(next)).toBe(false);
    expect(book.addressOf(passing)).toBe('');
    expect(book.isLoopback(passing)).toBe(false);
    expect(wordsOf(book, passing)).toEqual([0, 0, 0, 0]);
    expect(book.keep(passing)).toBe(UNKEPT);
    expect(book.hasNew).toBe(false);
    // Kept between two datagrams of one source: it has its number from then on.
    expect(book.ofText('10.0.0.2')).toBe(next);
    expect(book.keep(next)).toBe(0);
    // The rest of a bundle comes with the number its first beat came with.
    expect(book.keep(next)).toBe(0);
    expect(book.addressOf(next)).toBe('10.0.0.2');
    expect(book.ofText('10.0.0.2')).toBe(0);
    book.ofText('10.0.0.3');
    expect(book.keep(next)).toBe(UNKEPT);
  });

  test('E17: their number is bounded; beyond it an address is not kept', () => {
    const book = new SourceBook(3, 1);
    expect(book.keep(book.ofIpv4(1))).toBe(1);
    expect(book.keep(book.ofIpv4(2))).toBe(2);
    const beyond = book.ofIpv4(3);
    expect(book.keep(beyond)).toBe(UNKEPT);
    // It still says who sent the datagram in hand.
    expect(book.addressOf(beyond)).toBe('0.0.0.3');
    expect(book.ofIpv4(2)).toBe(2);
    expect(book.addressOf(0)).toBe('');
    expect(book.addressOf(UNKEPT)).toBe('');
    expect(book.keep(UNKEPT)).toBe(UNKEPT);
    expect(book.takeNew().map(([number]) => number)).toEqual([1, 2]);
  });

  test('E17: the zero address is an address like any other', () => {
    const book = new SourceBook(3);
    expect(book.keep(book.ofWords(0, 0, 0, 0))).toBe(0);
    expect(book.ofWords(0, 0, 0, 0)).toBe(0);
    expect(book.addressOf(0)).toBe('::');
  });

  test('E77: through any sequence it numbers as a map would', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('127.0.0.1', '::1', '10.0.0.1', '10.0.0.2'),
    );
    const step = fc.record({ address, keeps: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), fc.nat(50), (steps, first) => {
        const book = new SourceBook(1_000, first);
        const model = new Map<string, number>();
        const words = new Uint32Array(4);
        for (const { address, keeps } of steps) {
          const source = book.ofText(address);
          readAddress(address, words);
          expect(wordsOf(book, source)).toEqual([...words]);
          const key = words.join();
          if (!keeps) expect(source === model.get(key) || source >= 0x8000_0000).toBe(true);
          else {
            if (!model.has(key)) model.set(key, first + model.size);
            expect(book.keep(source)).toBe(model.get(key));
          }
          if (model.has(key)) expect(book.ofText(address)).toBe(model.get(key));
        }
        for (const [key, number] of model) expect(wordsOf(book, number).join()).toBe(key);
        expect(book.takeNew().map(([number]) => number)).toEqual([...model.values()]);
      }),
    );
  });

  test('E77: it grows, and finds all it has', () => {
    const book = new SourceBook(100_000);
    for (let i = 0; i < 20_000; i++) expect(book.keep(book.ofIpv4(i))).toBe(i);
    for (let i = 0; i < 20_000; i++) expect(book.ofWords(0, 0, 0xffff, i)).toBe(i);
  });

  test('E77: text that is no address is named', () => {
    expect(() => new SourceBook(1).ofText('web-01')).toThrow('"web-01" is not an IPv4 or IPv6 address');
  });
});
