import { expect, test } from 'vitest';
import { PageTrail } from './page-trail.ts';

test('the first page needs no cursor, later ones only where they were seen', () => {
  const trail = new PageTrail();
  trail.remember('a', 2, 'c2');
  trail.remember('a', 3, 'c3');
  expect(trail.cursorOf('a', 1)).toBeNull();
  expect(trail.cursorOf('a', 2)).toBe('c2');
  expect(trail.cursorOf('a', 3)).toBe('c3');
  expect(trail.cursorOf('a', 4)).toBeUndefined();
  expect(trail.cursorOf('b', 2)).toBeUndefined();
});

test('lists not used for long are forgotten', () => {
  const trail = new PageTrail();
  trail.remember('old', 2, 'x');
  trail.remember('kept', 2, 'y');
  for (let i = 0; i < 19; i++) {
    trail.remember('kept', 2, 'y');
    trail.remember(`list-${i}`, 2, 'z');
  }
  expect(trail.cursorOf('old', 2)).toBeUndefined();
  expect(trail.cursorOf('kept', 2)).toBe('y');
});
