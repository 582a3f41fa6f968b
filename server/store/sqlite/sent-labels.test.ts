import { expect, test } from 'vitest';
import { SentLabels } from './sent-labels.ts';

const numbered = (sent: SentLabels, text: string): number => {
  const bytes = Buffer.from(`before ${text} after`);
  return sent.numberOf(bytes, 7, bytes.length - 6);
};

test('S36: equal texts have one number, others the next, and what a page brought is told', () => {
  const sent = new SentLabels();
  sent.beginPage(1);
  const texts = Array.from({ length: 5_000 }, (_, i) => `{"größe":"${'x'.repeat(i % 300)}${i}"}`);
  expect(texts.map((text) => numbered(sent, text))).toEqual(texts.map((_, i) => i));
  sent.beginPage(1);
  expect(texts.map((text) => numbered(sent, text))).toEqual(texts.map((_, i) => i));
  expect([numbered(sent, ''), numbered(sent, '{}'), numbered(sent, '')]).toEqual([5_000, 5_001, 5_000]);
  expect(sent.textsFrom(4_999)).toEqual([texts.at(-1), '', '{}']);
});

test('S36: numbers begin anew with another reading, and when there are too many', () => {
  const sent = new SentLabels();
  sent.beginPage(1);
  numbered(sent, 'a');
  sent.beginPage(2);
  expect([sent.size, numbered(sent, 'b'), sent.textsFrom(0)]).toEqual([0, 0, ['b']]);
  for (let i = 1; i < 131_072; i++) numbered(sent, `${i}`);
  expect(numbered(sent, 'b')).toBe(0);
  sent.beginPage(2);
  expect([sent.size, numbered(sent, '7')]).toEqual([0, 0]);
});
