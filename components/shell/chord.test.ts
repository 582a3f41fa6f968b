import { describe, expect, test } from 'vitest';
import { CHORD_WINDOW_MS, type ChordState, chordStep } from './chord.ts';

const TARGETS = { o: '/', h: '/hosts', a: '/alerts' };

function press(...keys: [key: string, atMs: number][]) {
  let state: ChordState = null;
  let last = chordStep(null, '', 0, TARGETS);
  for (const [key, atMs] of keys) {
    last = chordStep(state, key, atMs, TARGETS);
    state = last.state;
  }
  return last;
}

describe('g, then a letter', () => {
  test('leads to the page, and the letter belongs to it', () => {
    expect(press(['g', 0], ['a', 300])).toEqual({ state: null, target: '/alerts', consumed: true });
  });

  test('a letter alone, or too late, is nobody’s chord', () => {
    expect(press(['a', 0])).toEqual({ state: null, target: null, consumed: false });
    expect(press(['g', 0], ['a', CHORD_WINDOW_MS])).toMatchObject({ target: '/alerts' });
    expect(press(['g', 0], ['a', CHORD_WINDOW_MS + 1])).toMatchObject({ target: null, consumed: false });
  });

  test('another key ends the wait; a second g starts it again', () => {
    expect(press(['g', 0], ['q', 100], ['h', 200])).toMatchObject({ target: null, consumed: false });
    expect(press(['g', 0], ['g', 1400], ['h', 2800])).toMatchObject({ target: '/hosts' });
  });

  test('keys that objects have by nature lead nowhere', () => {
    expect(press(['g', 0], ['constructor', 100])).toMatchObject({ target: null, consumed: false });
  });
});
