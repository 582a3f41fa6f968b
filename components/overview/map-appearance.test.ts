import { describe, expect, test } from 'vitest';
import {
  APPEARANCE_OF_BYTE,
  Appearance,
  appearanceNameOf,
  nextProblem,
  worstSlot,
} from './map-appearance.ts';

describe('appearance of a state byte', () => {
  test.each([
    [0, null],
    [1, 'pending'],
    [2, 'up'],
    [3, 'late'],
    [4, 'down'],
    [5, 'left'],
    [4 | 16, 'acknowledged'],
    [4 | 32, 'maintenance'],
    [4 | 16 | 32, 'maintenance'],
    [4 | 64, 'down'],
    [2 | 32, 'up'],
    [2 | 16, 'up'],
    [3 | 32, 'late'],
    [9, null],
  ] as const)('%i → %s', (byte, name) => {
    expect(appearanceNameOf(byte)).toBe(name);
    expect(APPEARANCE_OF_BYTE[byte]).toBe(name === null ? 0 : Appearance[name]);
  });
});

describe('the worst of several', () => {
  test.each([
    { states: [2, 2, 2], worst: 0 },
    { states: [2, 3, 4, 4], worst: 2 },
    { states: [2, 20, 3], worst: 2 },
    { states: [5, 2], worst: 1 },
    { states: [0, 0], worst: -1 },
    { states: [36, 20, 2], worst: 1 },
  ])('$states → $worst', ({ states, worst }) => {
    expect(worstSlot(Uint8Array.from(states), 0, states.length)).toBe(worst);
  });

  test('looks only inside its range', () => {
    expect(worstSlot(Uint8Array.from([4, 2, 3, 4]), 1, 3)).toBe(2);
  });
});

describe('the next problem', () => {
  test.each([
    { states: [2, 4, 2, 4], from: -1, step: 1, next: 1 },
    { states: [2, 4, 2, 4], from: 1, step: 1, next: 3 },
    { states: [2, 4, 2, 4], from: 3, step: 1, next: 1 },
    { states: [2, 4, 2, 4], from: 1, step: -1, next: 3 },
    { states: [2, 4, 2, 4], from: -1, step: -1, next: 3 },
    { states: [2, 3, 2, 4], from: -1, step: 1, next: 3 },
    { states: [2, 3, 20, 36], from: -1, step: 1, next: 1 },
    { states: [2, 4, 2], from: 1, step: 1, next: 1 },
    { states: [2, 20], from: 0, step: 1, next: -1 },
    { states: [], from: -1, step: 1, next: -1 },
  ] as const)('$states from $from by $step → $next', ({ states, from, step, next }) => {
    expect(nextProblem(Uint8Array.from(states), from, step)).toBe(next);
  });
});
