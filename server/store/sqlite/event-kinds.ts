/** Numbers of the event kinds in the database, for good. Pure. */
import type { HostEventKind } from '#lib/protocol/host.ts';

const KINDS: readonly (HostEventKind | null)[] = [
  null,
  'registered',
  'up',
  'down',
  'left',
  'restarted',
  'returned',
  'removed',
  'acknowledged',
  'unacknowledged',
  // 10: registered by an operator's word, not yet heard: a timeline has to tell it from 1 by its number alone.
  'registered',
];

const NAMED = 10;

const NUMBERS = new Map(KINDS.map((kind, i) => [kind, i] as const).slice(1, NAMED));

export function eventKindNumber(kind: HostEventKind, by: string | null): number {
  return kind === 'registered' && by !== null ? NAMED : NUMBERS.get(kind)!;
}

export function eventKindOf(number: number): HostEventKind {
  const kind = KINDS[number];
  if (!kind) throw new Error(`event kind ${number} is not one of 1 to ${KINDS.length - 1}`);
  return kind;
}

/** Was it named by an operator and not heard yet? */
export function isNamed(number: number): boolean {
  return number === NAMED;
}
