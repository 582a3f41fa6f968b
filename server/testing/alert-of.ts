/** An open alert like any other, for tests that need some. */
import type { Alert } from '#lib/protocol/alert.ts';

export function alertOf(number: number, fields: Partial<Alert> = {}): Alert {
  const hostId = number.toString(16).padStart(16, '0');
  return {
    id: `${hostId}-1`,
    hostId,
    host: `web-${number}`,
    episode: 1,
    openedAt: 1_000 + number,
    closedAt: null,
    reason: 'no heartbeat for 5.0 s',
    evidence: null,
    incidentId: null,
    ack: null,
    ...fields,
  };
}
