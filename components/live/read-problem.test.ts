import { expect, test } from 'vitest';
import { ApiError } from '@/lib/client/api-client.ts';
import { problemOf, readProblem } from './read-problem.ts';

test('a failed read is named by its code, and by its text when no answer came', () => {
  const full = new ApiError('store_unavailable', 503, 'the disk is full');
  expect(readProblem(full)).toEqual({ code: 'store_unavailable', detail: 'the disk is full' });
  expect(readProblem(new TypeError('gone'))).toEqual({ code: 'network', detail: 'TypeError: gone' });
});

test('that nobody is signed in is said once on a page, by its banner', () => {
  const out = new ApiError('unauthenticated', 401, 'nobody is signed in.');
  expect(readProblem(out)).toBeNull();
  expect(problemOf(out)).toEqual({ code: 'unauthenticated', detail: 'nobody is signed in.' });
});
