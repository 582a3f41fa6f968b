import { expect, test } from 'vitest';
import { ACKNOWLEDGED, type Host, HostState } from '@/lib/protocol/host.ts';
import { withLiveState } from './live-host.ts';

const UP = {
  state: 'up',
  acknowledged: false,
  maintenance: false,
  flapping: false,
  reason: null,
  evidence: null,
  alertId: null,
} as Host;
const DOWN = {
  ...UP,
  state: 'down',
  reason: 'no heartbeat for 5.0 s',
  alertId: '00000000000000aa-1',
} as Host;

test('the live state wins over the one that was read', () => {
  expect(withLiveState(UP, HostState.late).state).toBe('late');
  expect(withLiveState(UP, HostState.down | ACKNOWLEDGED)).toMatchObject({
    state: 'down',
    acknowledged: true,
  });
});

test('a verdict and an episode end with the state they belong to', () => {
  expect(withLiveState(DOWN, HostState.up)).toMatchObject({ state: 'up', reason: null, alertId: null });
  expect(withLiveState(DOWN, HostState.down | ACKNOWLEDGED)).toMatchObject({
    acknowledged: true,
    reason: DOWN.reason,
    alertId: DOWN.alertId,
  });
});

test('what says nothing new changes nothing, not even the identity', () => {
  expect(withLiveState(DOWN, HostState.down)).toBe(DOWN);
  expect(withLiveState(DOWN, null)).toBe(DOWN);
  expect(withLiveState(DOWN, HostState.empty)).toBe(DOWN);
});
