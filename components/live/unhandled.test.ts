import { describe, expect, test } from 'vitest';
import type { Alert } from '@/lib/protocol/alert.ts';
import type { HostCounts } from '@/lib/protocol/host.ts';
import { unhandledCount } from './unhandled.ts';

const counts: HostCounts = {
  total: 20,
  pending: 0,
  up: 10,
  late: 0,
  down: 10,
  left: 0,
  acknowledged: 2,
  maintenance: 1,
};

function alert(episode: number, change: Partial<Alert> = {}): [string, Alert] {
  const id = `00000000000000aa-${episode}`;
  const base: Alert = {
    id,
    hostId: '00000000000000aa',
    host: `host-${episode}`,
    episode,
    openedAt: 1_000,
    closedAt: null,
    reason: 'silent',
    evidence: null,
    incidentId: null,
    ack: null,
  };
  return [id, { ...base, ...change }];
}

const ack = { by: 'Ada', at: 2_000, comment: null, expiresAt: null };

describe('what is left to take', () => {
  test('is what the list of alerts shows, not how many hosts are down', () => {
    const alerts = new Map([alert(1), alert(2, { ack }), alert(3, { closedAt: 3_000 }), alert(4)]);
    expect(unhandledCount({ alerts, alertsTruncated: false, counts })).toBe(2);
    expect(unhandledCount({ alerts: new Map(), alertsTruncated: false, counts })).toBe(0);
  });

  test('leaves out what is in maintenance', () => {
    const alerts = new Map([alert(1), alert(2), alert(3)]);
    const resting = { ...counts, down: 3, acknowledged: 0, maintenance: 2 };
    expect(unhandledCount({ alerts, alertsTruncated: false, counts: resting })).toBe(1);
    expect(unhandledCount({ alerts, alertsTruncated: false, counts: null })).toBe(3);
  });

  test('comes from the hosts when the view does not hold every alert', () => {
    expect(unhandledCount({ alerts: new Map([alert(1)]), alertsTruncated: true, counts })).toBe(7);
  });
});
