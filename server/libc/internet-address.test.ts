import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressFamily, addressText, isLoopbackAddress, readAddress } from './internet-address.ts';

function wordsOf(text: string): number[] | null {
  const words = new Uint32Array(4);
  return readAddress(text, words) ? [...words] : null;
}

const textOf = (words: readonly number[]): string => {
  const [w0, w1, w2, w3] = words as [number, number, number, number];
  return addressText(w0, w1, w2, w3);
};

test('E77: text and words are each other, IPv4 as ::ffff:a.b.c.d', () => {
  expect(wordsOf('1.2.3.4')).toEqual([0, 0, 0xffff, 0x01020304]);
  expect(wordsOf('255.255.255.255')).toEqual([0, 0, 0xffff, 0xffff_ffff]);
  expect(wordsOf('::ffff:1.2.3.4')).toEqual(wordsOf('1.2.3.4'));
  expect(wordsOf('::FFFF:102:304')).toEqual(wordsOf('1.2.3.4'));
  expect(wordsOf('::')).toEqual([0, 0, 0, 0]);
  expect(wordsOf('::1')).toEqual([0, 0, 0, 1]);
  expect(wordsOf('1::')).toEqual([0x1_0000, 0, 0, 0]);
  expect(wordsOf('fe80::1%eth0')).toEqual([0xfe80_0000, 0, 0, 1]);
  expect(wordsOf('64:ff9b::192.0.2.33')).toEqual([0x0064_ff9b, 0, 0, 0xc000_0221]);
});

test('E77: what is no address is refused', () => {
  const wrong = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1..3.4',
    '.1.2.3',
    '1.2.3.4 ',
    'localhost',
  ];
  for (const text of [...wrong, ':::', '1::2::3', '1:2:3:4:5:6:7', '::1.2.3', 'g::', '1.2.3.4%eth0']) {
    expect(wordsOf(text), text).toBeNull();
    expect(addressFamily(text), text).toBeNull();
  }
});

test('E77: any address is written as Node writes it, and read again as it was', () => {
  const word = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffff_ffff }));
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), (words) => {
      const text = textOf(words);
      expect(wordsOf(text)).toEqual(words);
      if (text.includes('.')) return;
      const groups = words.flatMap((each) => [each >>> 16, each & 0xffff].map((group) => group.toString(16)));
      const address = new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
      // Node writes the few IPv4-compatible ones with dots, which nobody has.
      if (!address.includes('.')) expect(text).toBe(address);
    }),
  );
});

test('E77: loopback is 127.0.0.0/8 and ::1', () => {
  const loopback = (text: string): boolean => {
    const [w0, w1, w2, w3] = wordsOf(text) as [number, number, number, number];
    return isLoopbackAddress(w0, w1, w2, w3);
  };
  expect(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'].map(loopback)).not.toContain(false);
  expect(['126.0.0.1', '128.0.0.1', '::2', '::', '1::1', '::7f00:1'].map(loopback)).not.toContain(true);
});
