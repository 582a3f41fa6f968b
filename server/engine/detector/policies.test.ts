import { describe, expect, test } from 'vitest';
import { canonicalLabels } from '../../../lib/protocol/host.ts';
import { POLICY, ShardProbe } from '../testing/shard-probe.ts';
import { type DetectorPolicies, policyOf, readPolicies } from './policies.ts';

function policies(text: string): DetectorPolicies {
  const read = readPolicies(text);
  if (!('value' in read)) throw new Error(read.takes);
  return read.value;
}

describe('the setting', () => {
  test('E100: rules in their order, with usual values for what is not said', () => {
    expect(policies('')).toEqual([]);
    expect(
      policies(
        ' role=batch,env=prod fixed misses=10;link=radio loss-window of=20 received=10 ;\n' +
          'a=1 adaptive;a=2 adaptive z=3.5 floor=500ms cap=1.5m; a=3 adaptive floor=2m;',
      ),
    ).toEqual([
      {
        labels: [
          ['role', 'batch'],
          ['env', 'prod'],
        ],
        detector: { kind: 'fixed', misses: 10 },
      },
      { labels: [['link', 'radio']], detector: { kind: 'loss-window', received: 10, of: 20 } },
      { labels: [['a', '1']], detector: { kind: 'adaptive', z: 8, floorMs: 2_000, capMs: 60_000 } },
      { labels: [['a', '2']], detector: { kind: 'adaptive', z: 3.5, floorMs: 500, capMs: 90_000 } },
      { labels: [['a', '3']], detector: { kind: 'adaptive', z: 8, floorMs: 120_000, capMs: 120_000 } },
    ]);
  });

  test.each([
    ['fixed misses=3', /"fixed" is no label=value/],
    ['role=batch', /there is no detector in "role=batch"/],
    ['role=batch magic', /no detector "magic"/],
    ['role= fixed misses=3', /"role=" is no label=value/],
    ['seq=1 fixed misses=3', /"seq=1" is no label=value/],
    ['__proto__=1 fixed misses=3', /is no label=value/],
    ['a=1 fixed', /misses is a whole number from 1 to 1000/],
    ['a=1 fixed misses=0', /misses is a whole number/],
    ['a=1 fixed misses=2.5', /misses is a whole number/],
    ['a=1 fixed misses=3 misses=4', /"misses=4" is no setting/],
    ['a=1 fixed misses=3 of=4', /fixed has no setting "of"/],
    ['a=1 fixed misses', /"misses" is no setting/],
    ['a=1 loss-window received=21 of=20', /1 ≤ received ≤ of ≤ 64/],
    ['a=1 loss-window received=10 of=65', /1 ≤ received ≤ of ≤ 64/],
    ['a=1 loss-window', /1 ≤ received ≤ of ≤ 64/],
    ['a=1 adaptive z=0.5', /z is a number from 1 to 100/],
    ['a=1 adaptive floor=10s cap=5s', /floor ≤ cap/],
    ['a=1 adaptive floor=10', /floor and cap are spans/],
    ['a=1 adaptive floor=10constructor', /floor and cap are spans/],
    ['a=1 fixed misses=3; b', /"b" is no label=value in "b"/],
    [Array.from({ length: 16 }, (_, i) => `a=${i} fixed misses=3`).join(';'), /these are 16 rules/],
  ])('E100: %s is refused in words', (text, words) => {
    const read = readPolicies(text);
    expect('takes' in read ? read.takes : 'taken').toMatch(words);
    expect('takes' in read ? read.takes : '').toMatch(/^up to 15 rules separated by ";"/);
  });

  test('E100: the first rule all of whose labels match wins; whoever none matches has the default', () => {
    const rules = policies('a=1,b=2 fixed misses=2; a=1 fixed misses=3; c=x fixed misses=4');
    const number = (labels: Record<string, string>): number =>
      policyOf(rules, canonicalLabels(Object.entries(labels)));
    expect(number({ a: '1', b: '2' })).toBe(1);
    expect(number({ a: '1', b: '3' })).toBe(2);
    expect(number({ a: '1' })).toBe(2);
    expect(number({ b: '2' })).toBe(0);
    expect(number({})).toBe(0);
    expect(policyOf([], canonicalLabels([['a', '1']]))).toBe(0);
  });
});

describe('a policy', () => {
  const rules = policies(
    'd=slow fixed misses=10; d=radio loss-window received=10 of=20; d=batch adaptive z=4 floor=3s',
  );

  test('E101: acts at the beat that brings its labels, and takes no beat back', () => {
    const probe = new ShardProbe({ policies: rules });
    probe.hello('a');
    probe.pass(4_000);
    probe.hello('a', { d: 'slow' }, { seq: 2 });
    probe.pass(9_900);
    expect(probe.state('a')).toBe('late');
    probe.pass(100);
    expect(probe.state('a')).toBe('down');
    probe.hello('a', { d: 'radio' }, { seq: 3 });
    probe.pass(11_490);
    expect(probe.state('a')).toBe('late');
    probe.pass(10);
    expect(probe.state('a')).toBe('down');
    probe.hello('a', {}, { seq: 4 });
    probe.pass(5_000);
    expect(probe.state('a')).toBe('down');
  });

  test('E101: a description that refreshes nothing changes the policy at the next beat that does', () => {
    const probe = new ShardProbe({ policies: rules });
    probe.beat('a', { seq: 5 });
    expect(probe.hello('a', { d: 'slow' }, { seq: 4 })).toBe('accepted');
    expect(probe.hello('a', { d: 'slow' }, { seq: 3 })).toBe('accepted');
    expect(probe.described.map(({ name }) => name)).toEqual([null, 'a']);
    probe.pass(4_900);
    expect(probe.state('a')).toBe('late');
    probe.beat('a', { seq: 6 });
    probe.pass(9_900);
    expect(probe.state('a')).toBe('late');
    probe.hello('a', { d: 'slow' }, { seq: 7 });
    expect(probe.described).toHaveLength(2);
  });

  test('E101: of named and of restored hosts it acts from the start; one that is gone is the default', () => {
    const probe = new ShardProbe({ policies: rules });
    probe.restore({ slow: { policy: 1 }, gone: { policy: 9 }, radio: { policy: 2 } });
    probe.expect('named', { labels: { d: 'slow' } });
    expect(probe.pass(5_000)).toEqual(['gone down']);
    expect(probe.pass(5_000)).toEqual(['slow down', 'named down']);
    expect(probe.pass(1_500)).toEqual(['radio down']);
    expect(() => probe.restore({ x: { policy: 16 } })).toThrow(/policy is 16, allowed are 0 to 15/);
  });

  test('E102: what main reads of a host is what its detector would do', async () => {
    const { viewHostColumns } = await import('../host-columns-view.ts');
    const probe = new ShardProbe({ policies: rules });
    for (const d of ['none', 'slow', 'radio', 'batch']) probe.hello(d, { d });
    const view = (host: string) => {
      const { policy, detector, timeoutMs } = viewHostColumns(
        probe.columns,
        probe.rowOf(host),
        POLICY,
        rules,
      );
      return [policy, detector.kind, timeoutMs];
    };
    expect(view('none')).toEqual([0, 'fixed', 5_000]);
    expect(view('slow')).toEqual([1, 'fixed', 10_000]);
    expect(view('radio')).toEqual([2, 'loss-window', 11_500]);
    expect(view('batch')).toEqual([3, 'adaptive', 3_000]);
    for (let seq = 3; seq < 40; seq += 2) {
      probe.pass(2_000);
      for (const d of ['radio', 'batch']) probe.hello(d, { d }, { seq });
    }
    // Every second beat is lost: two more and nine of twenty have arrived; and two seconds are its interval now.
    expect(view('radio')[2]).toBe(2_500);
    expect(view('batch')[2]).toBeGreaterThan(3_500);
  });
});
