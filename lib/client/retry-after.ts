/** How long a server asks to be left alone. Pure. */

/** The header's seconds or HTTP date as ms from now; undefined when absent or neither. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const waitMs = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(waitMs) && waitMs >= 0 ? waitMs : undefined;
}
