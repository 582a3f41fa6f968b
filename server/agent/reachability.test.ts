import { describe, expect, test } from 'vitest';
import { Reachability } from './reachability.ts';

describe('reachability', () => {
  test('G11: one line when it breaks, one when the reason changes, one when it works again', () => {
    const way = new Reachability(1_000);
    expect(way.sending('s:1', 0)).toBeNull();
    expect(way.failed('s:1', 'ECONNREFUSED', 100)).toBe(
      'cannot send to s:1: nothing is listening there (ECONNREFUSED); going on trying',
    );
    for (let atMs = 200; atMs < 2_000; atMs += 100)
      expect(way.failed('s:1', 'ECONNREFUSED', atMs)).toBeNull();
    expect(way.failed('s:1', 'ENETUNREACH', 2_000)).toContain('ENETUNREACH');
    expect(way.failing).toBe(true);
    expect(way.sending('s:1', 2_999)).toBeNull();
    expect(way.sending('s:1', 3_000)).toBe('sending to s:1 works again');
    expect(way.failing).toBe(false);
    expect(way.sending('s:1', 3_001)).toBeNull();
    expect(way.failed('s:1', 'EWEIRD', 4_000)).toBe('cannot send to s:1: EWEIRD; going on trying');
  });
});
