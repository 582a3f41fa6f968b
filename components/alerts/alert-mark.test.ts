import { expect, test } from 'vitest';
import { alertMark } from './alert-mark.ts';

const alert = { ack: null, closedAt: null, reason: 'no heartbeat for 5.0 s' };
const ack = { by: 'kim', at: 1, comment: null, expiresAt: null };

test('an alert is marked by how its host is, and neutrally where nobody knows', () => {
  expect(alertMark(alert, false)).toBe('down');
  expect(alertMark({ ...alert, ack }, false)).toBe('acknowledged');
  expect(alertMark(alert, true)).toBe('up');
  expect(alertMark({ ...alert, ack, closedAt: 9 }, false)).toBe('up');
  const reason = 'removed by kim while it was down: no heartbeat for 5.0 s';
  expect(alertMark({ ...alert, closedAt: 9, reason }, false)).toBe('left');
});
