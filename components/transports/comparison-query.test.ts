import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '@/lib/client/comparison/comparison-settings.ts';
import {
  CHOICES,
  choicesOf,
  comparisonAddress,
  isAccepted,
  type NumberSetting,
  parseComparison,
} from './comparison-query.ts';

const parse = (query: string) => parseComparison(new URLSearchParams(query));

describe('a comparison in the address', () => {
  test('nothing said is the default, and the default says nothing', () => {
    expect(parse('')).toEqual(DEFAULT_SETTINGS);
    expect(comparisonAddress(DEFAULT_SETTINGS, '')).toBe('/transports');
  });

  test.each([
    'lanes=socketio,polling&rate=100',
    'poll=500&delay=50&cut=10',
    'rate=0',
    'lanes=sse&poll=60000&rate=1000&delay=2000&cut=600',
    'poll=750&rate=7',
  ])('%s is read and written the same', (query) => {
    const settings = parse(query);
    expect(settings).not.toEqual(DEFAULT_SETTINGS);
    const address = comparisonAddress(settings, '');
    expect(parseComparison(new URL(address, 'http://host').searchParams)).toEqual(settings);
    expect([...new URL(address, 'http://host').searchParams].length).toBe(query.split('&').length);
  });

  test.each([
    'lanes=',
    'lanes=carrier-pigeon',
    'poll=0',
    'poll=249',
    'poll=1e9',
    'poll=2.5',
    'rate=-1',
    'rate=',
    'rate=1001',
    'cut=1',
    'delay=2001',
    'delay=NaN',
    'cut=Infinity',
  ])('%s is not understood and falls back', (query) => {
    expect(parse(query)).toEqual(DEFAULT_SETTINGS);
  });

  test('lanes stand in the order of the page, each once', () => {
    expect(parse('lanes=polling,sse,polling,x').transports).toEqual(['sse', 'polling']);
  });

  test('what is not ours in the address stays; what was ours and is the default goes', () => {
    const present = 'transport=polling&rate=100&lanes=sse';
    expect(comparisonAddress(DEFAULT_SETTINGS, present)).toBe('/transports?transport=polling');
    expect(comparisonAddress({ ...DEFAULT_SETTINGS, pollMs: 500 }, present)).toBe(
      '/transports?transport=polling&poll=500',
    );
  });
});

test('a control offers an unusual value when the address names it, in its place', () => {
  expect(choicesOf('pollMs', 2_000)).toEqual(CHOICES.pollMs);
  expect(choicesOf('pollMs', 750)).toEqual([250, 500, 750, 1_000, 2_000, 5_000, 10_000, 30_000]);
});

test('each control offers its default, and nothing the comparison would change', () => {
  for (const setting of Object.keys(CHOICES) as NumberSetting[]) {
    expect(CHOICES[setting]).toContain(DEFAULT_SETTINGS[setting]);
    for (const value of CHOICES[setting])
      expect(isAccepted(setting, value), `${setting} ${value}`).toBe(true);
  }
});
