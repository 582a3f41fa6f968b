import { describe, expect, test } from 'vitest';
import { type Frame, toJsonFrame } from '#lib/protocol/frames.ts';
import { parseFrame } from './parse-frame.ts';
import { anAlert, ModelServer } from './testing/model-server.ts';

function frames(): Frame[] {
  const server = new ModelServer(() => 1_700_000_000_000);
  server.change([
    [0, 2],
    [700, 4],
  ]);
  server.change([[3, 4]], [anAlert('0123456789abcdef-2')]);
  return [...server.snapshot(), ...server.diff(1), server.beat(), server.reset('digest')];
}

describe('frames from outside', () => {
  test('C7: every kind of frame is read, as binary of either kind and as JSON', () => {
    expect(frames().map(({ t }) => t)).toEqual(['A', 'S', 'A', 'D', 'B', 'R']);
    for (const frame of frames()) {
      expect(parseFrame(frame)).toEqual({ kind: 'frame', frame });
      expect(parseFrame(JSON.parse(JSON.stringify(toJsonFrame(frame))))).toEqual({ kind: 'frame', frame });
      const buffers = Object.entries(frame).map(([key, value]) => [
        key,
        value instanceof Uint8Array ? value.slice().buffer : value,
      ]);
      expect(parseFrame(Object.fromEntries(buffers))).toEqual({ kind: 'frame', frame });
    }
  });

  test('C7: a frame with any field missing or of another kind is bad, never thrown and never guessed', () => {
    for (const frame of frames()) {
      for (const key of Object.keys(frame).filter((field) => field !== 'counts' && field !== 'more')) {
        const { [key as 't']: _, ...without } = frame;
        expect(parseFrame(without), `${frame.t} without ${key}`).toMatchObject({ kind: 'bad' });
        for (const value of [null, [], {}, -1, Number.NaN, '?', true]) {
          const kind = key === 't' && value === '?' ? 'unknown' : 'bad';
          if (key === 'alerts' && Array.isArray(value)) continue;
          if ((key === 'ts' || key === 't0') && value === -1) continue;
          expect(parseFrame({ ...frame, [key]: value }), `${frame.t}.${key} = ${value}`).toMatchObject({
            kind,
          });
        }
      }
    }
    for (const value of [null, undefined, 7, 'S', []]) expect(parseFrame(value).kind).toBe('bad');
  });

  test('C7: another version is told apart; an unknown t is not bad', () => {
    const [, snapshot, , diff] = frames();
    expect(parseFrame({ ...snapshot, v: 2 })).toMatchObject({ kind: 'bad', version: true });
    expect(parseFrame({ ...diff, v: 2 })).toMatchObject({ kind: 'bad', version: true });
    expect(parseFrame({ ...diff, f: 2 })).toMatchObject({ kind: 'bad', version: false });
    expect(parseFrame({ t: 'Q', whatever: 1 })).toEqual({ kind: 'unknown' });
  });

  test('C7: what would take too much memory is bad', () => {
    const [alerts, snapshot] = frames();
    const many = Array.from({ length: 501 }, () => anAlert('0123456789abcdef-2'));
    expect(parseFrame({ ...alerts, alerts: many }).kind).toBe('bad');
    expect(parseFrame({ ...snapshot, enc: 'gzip', n: 2 ** 24 + 1 }).kind).toBe('bad');
    expect(parseFrame({ ...snapshot, n: 3 }).kind).toBe('bad');
  });
});
