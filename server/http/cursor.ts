/** Opaque cursors: where a page ended, as base64url JSON. What comes back is checked like any other parameter. */
import { invalidParameter } from './problem.ts';

export type CursorPart = string | number;

export function encodeCursor(parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

type CursorKind = 'string' | 'number' | 'count';

function isOfKind(kind: CursorKind, part: unknown): boolean {
  if (kind === 'count') return Number.isSafeInteger(part) && (part as number) >= 0;
  return kind === 'string' ? typeof part === 'string' : Number.isFinite(part);
}

/** `kinds`: the type of each part, in order; count = a whole number, not negative. Throws `invalid_parameter` for anything this server has not given out. */
export function decodeCursor(cursor: string, kinds: readonly CursorKind[]): CursorPart[] {
  const refuse = () => invalidParameter('cursor', cursor, 'the nextCursor of an answer to the same query');
  if (cursor.length > 1_000) throw refuse();
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw refuse();
  }
  if (!Array.isArray(parts) || parts.length !== kinds.length) throw refuse();
  if (!kinds.every((kind, i) => isOfKind(kind, parts[i]))) throw refuse();
  return parts as CursorPart[];
}
