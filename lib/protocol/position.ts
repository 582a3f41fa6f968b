/** Where a viewer stands: the server's run (`e`, 16 hex digits, new at every start) and its sequence (`s`). */
export type Position = { readonly e: string; readonly s: number };

const EPOCH = /^[0-9a-f]{16}$/;
const SEQUENCE = /^(0|[1-9][0-9]{0,15})$/;

/** `e.s`, as in an SSE event id. */
export function formatPosition(position: Position): string {
  return `${position.e}.${position.s}`;
}

/** The position that two untrusted strings name, or null when either is not of its form. */
export function parsePosition(
  e: string | null | undefined,
  s: string | number | null | undefined,
): Position | null {
  if (typeof e !== 'string' || !EPOCH.test(e)) return null;
  const digits = typeof s === 'number' ? String(s) : s;
  if (typeof digits !== 'string' || !SEQUENCE.test(digits)) return null;
  const sequence = Number(digits);
  return Number.isSafeInteger(sequence) ? { e, s: sequence } : null;
}
