import { expect, test } from 'vitest';
import { readKeys, readPlainFrom } from './read-tags.ts';

const HEX = '0123456789abcdef'.repeat(4);

test('E136: keys are read as id:hex, several while they rotate, none from no text', () => {
  expect(readKeys('')).toEqual({ value: [] });
  expect(readKeys(`1:${HEX}, 255:${HEX.toUpperCase().slice(0, 32)}`)).toEqual({
    value: [
      { id: 1, master: Uint8Array.from(Buffer.from(HEX, 'hex')) },
      { id: 255, master: Uint8Array.from(Buffer.from(HEX.slice(0, 32), 'hex')) },
    ],
  });
});

test.each([
  ['no id', HEX],
  ['id 0', `0:${HEX}`],
  ['an id with a zero before it', `01:${HEX}`],
  ['an id over 255', `256:${HEX}`],
  ['a short key', `1:${HEX.slice(0, 30)}`],
  ['an odd number of digits', `1:${HEX}a`],
  ['a key that is too long', `1:${HEX}${HEX}aa`],
  ['other digits', `1:${HEX.slice(1)}g`],
  ['a third part', `1:${HEX}:${HEX}`],
  ['an empty one', `1:${HEX},`],
  ['an id twice', `1:${HEX},1:${HEX}`],
])('E136: %s is refused, without repeating the key', (_, text) => {
  const read = readKeys(text);
  expect(read).toEqual({ takes: expect.any(String) });
  expect(JSON.stringify(read)).not.toContain(HEX.slice(0, 16));
});

test('E136: addresses and blocks of both families', () => {
  expect(readPlainFrom('')).toEqual({ value: [] });
  expect(readPlainFrom('10.0.0.7, 10.1.0.0/16,fd00::/8,::1')).toEqual({
    value: [
      { words: [0, 0, 0xffff, 0x0a000007], bits: 128 },
      { words: [0, 0, 0xffff, 0x0a010000], bits: 112 },
      { words: [0xfd000000, 0, 0, 0], bits: 8 },
      { words: [0, 0, 0, 1], bits: 128 },
    ],
  });
});

test.each([
  'web-01',
  '10.0.0',
  '10.0.0.7/33',
  '::1/129',
  '10.0.0.7/',
  '10.0.0.7/8/8',
  '10.0.0.7/-1',
  'fe80::1%eth0',
  ',',
])('E136: %j is no address or block', (text) => {
  expect(readPlainFrom(text)).toEqual({ takes: expect.any(String) });
});
