import { expect, test } from 'vitest';
import type { Alert } from '@/lib/protocol/alert.ts';
import { unhandledAlerts, worstOf } from './unhandled-alerts.ts';

const alert = (id: string, openedAt: number, over: Partial<Alert> = {}): Alert => ({
  id,
  hostId: id,
  host: `host-${id}`,
  episode: 1,
  openedAt,
  closedAt: null,
  reason: 'no heartbeat',
  evidence: null,
  incidentId: null,
  ack: null,
  ...over,
});
const ack = { by: 'kim', at: 1, comment: null, expiresAt: null };

test('newest first, without what is taken or over', () => {
  const alerts = [
    alert('a', 10),
    alert('b', 30),
    alert('c', 20, { ack }),
    alert('d', 40, { closedAt: 50 }),
    alert('f', 30),
    alert('e', 30),
  ];
  const shown = unhandledAlerts(new Map(alerts.map((one) => [one.id, one])));
  expect(shown.map((one) => one.id)).toEqual(['b', 'e', 'f', 'a']);
  expect(worstOf(shown)?.id).toBe('a');
});

test('nothing unhandled, nothing worst', () => {
  expect(worstOf(unhandledAlerts(new Map()))).toBeNull();
});
