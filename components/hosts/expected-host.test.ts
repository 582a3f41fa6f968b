import { describe, expect, test } from 'vitest';
import { type ExpectedHostDraft, readExpectedHost } from './expected-host.ts';

const read = (change: Partial<ExpectedHostDraft> = {}) =>
  readExpectedHost({ name: 'web-09', interval: '60s', labels: '', ...change });

describe('a host that is to come', () => {
  test('has a name, an interval and labels, as heartbeats say them', () => {
    expect(read({ name: ' web-09 ', interval: '5 m', labels: ' rack=r9  dc:fra url=http://x ' })).toEqual({
      ok: true,
      host: { name: 'web-09', intervalMs: 300_000, labels: { rack: 'r9', dc: 'fra', url: 'http://x' } },
    });
    expect(read()).toMatchObject({ ok: true, host: { intervalMs: 60_000, labels: {} } });
  });

  test.each([
    [{ name: '' }, 'name', ''],
    [{ name: 'web 09' }, 'name', ''],
    [{ name: '<b>' }, 'name', ''],
    [{ name: 'x'.repeat(64) }, 'name', ''],
    [{ interval: '60' }, 'interval', ''],
    [{ interval: '' }, 'interval', ''],
    [{ interval: '656s' }, 'interval', ''],
    [{ labels: 'rack' }, 'labels', 'rack'],
    [{ labels: 'a=1 __proto__=x' }, 'labels', '__proto__=x'],
    [{ labels: 'a=1 seq=5' }, 'labels', 'seq=5'],
    [{ labels: 'UP=1' }, 'labels', 'UP=1'],
    [{ labels: Array.from({ length: 17 }, (_, n) => `k${n}=v`).join(' ') }, 'labels', ''],
  ] as const)('%j is refused at its %s', (change, field, word) => {
    expect(read(change)).toEqual({ ok: false, mistake: { field, word } });
  });

  test('the last of two labels of one key holds', () => {
    expect(read({ labels: 'rack=a rack=b' })).toMatchObject({ host: { labels: { rack: 'b' } } });
  });
});
