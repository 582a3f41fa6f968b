import { beforeEach, expect, test } from 'vitest';
import { dismissToast, shownToasts, showToast } from './toast.ts';

const texts = () => shownToasts().map(({ text }) => text);
beforeEach(() => {
  for (const { id } of shownToasts()) dismissToast(id);
});

test('a key pressed twice is answered once', () => {
  showToast({ text: 'only watching' });
  showToast({ text: 'something else' });
  const dismiss = showToast({ text: 'only watching' });
  expect(texts()).toEqual(['something else', 'only watching']);
  dismiss();
  expect(texts()).toEqual(['something else']);
});

test('each undo stays on offer', () => {
  showToast({ text: 'web-1 is acknowledged.', undo: () => undefined });
  showToast({ text: 'web-1 is acknowledged.', undo: () => undefined });
  expect(texts()).toEqual(['web-1 is acknowledged.', 'web-1 is acknowledged.']);
});

test('at most three are shown, the newest', () => {
  for (const text of ['a', 'b', 'c', 'd']) showToast({ text });
  expect(texts()).toEqual(['b', 'c', 'd']);
});
