import type { Evidence } from './host.ts';

/** A span as people read it, with its unit: `0.5 s`, `5.0 s`, `59 s`, `12 min`. */
export function formatSpan(spanMs: number): string {
  const seconds = spanMs / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** Is the window of counted beats about a minute long? Then the words say so. */
export function windowIsAboutAMinute(evidence: Evidence): boolean {
  const windowMs = evidence.expectedBeats * evidence.intervalMs;
  return windowMs >= 45_000 && windowMs <= 90_000;
}

/** A verdict in English: "no heartbeat for 5.0 s, one expected every 1.0 s; last from 10.1.4.7; 3 % lost in the minute before". */
export function reasonInWords(evidence: Evidence): string {
  const parts: string[] = [];
  if (evidence.kind === 'timeout') {
    const since = evidence.unheard ? ' since the server started (or the host was named)' : '';
    parts.push(
      `no heartbeat for ${formatSpan(evidence.silentMs)}${since}, one expected every ${formatSpan(evidence.intervalMs)}`,
    );
    if (evidence.connected) {
      parts.push(
        'its connection has not ended: the machine or its network went silent, or the process hangs',
      );
    }
  } else if (evidence.kind === 'closed') {
    parts.push('its connection was closed: the process ended');
  } else if (evidence.kind === 'reset') {
    parts.push('the process or machine reset its connection');
  } else {
    parts.push('said bye: a planned leave');
  }
  if (evidence.source !== null) parts.push(`last from ${evidence.source}`);
  if (evidence.kind !== 'bye' && evidence.expectedBeats > 0) {
    const percent = Math.round((100 * evidence.lostBeats) / evidence.expectedBeats);
    parts.push(
      windowIsAboutAMinute(evidence)
        ? `${percent} % lost in the minute before`
        : `${percent} % lost of the ${evidence.expectedBeats} beats before`,
    );
  }
  return parts.join('; ');
}
