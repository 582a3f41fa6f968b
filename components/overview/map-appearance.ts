/**
 * What a state byte looks like on the map and which of several hosts is the worst. Pure; knows no pixels.
 * Overlays colour a host only while it is down: acknowledged and maintenance say who is told, never what is up.
 */
import type { StateKind } from '@/components/ui/tokens.ts';
import { ACKNOWLEDGED, HostState, MAINTENANCE, STATE_MASK } from '@/lib/protocol/host.ts';

export const Appearance = {
  none: 0,
  left: 1,
  up: 2,
  pending: 3,
  maintenance: 4,
  acknowledged: 5,
  late: 6,
  down: 7,
} as const;

/** Ordered by severity: the larger one wins where several hosts share a pixel. */
export type AppearanceCode = (typeof Appearance)[keyof typeof Appearance];

/** Worst first: the order of legends and of "next problem". */
export const APPEARANCE_NAMES: readonly StateKind[] = [
  'down',
  'late',
  'acknowledged',
  'maintenance',
  'pending',
  'up',
  'left',
];

const NAME_BY_CODE: readonly (StateKind | null)[] = [
  null,
  'left',
  'up',
  'pending',
  'maintenance',
  'acknowledged',
  'late',
  'down',
];

function judge(stateByte: number): AppearanceCode {
  switch (stateByte & STATE_MASK) {
    case HostState.pending:
      return Appearance.pending;
    case HostState.up:
      return Appearance.up;
    case HostState.late:
      return Appearance.late;
    case HostState.left:
      return Appearance.left;
    case HostState.down:
      if (stateByte & MAINTENANCE) return Appearance.maintenance;
      return stateByte & ACKNOWLEDGED ? Appearance.acknowledged : Appearance.down;
    default:
      return Appearance.none;
  }
}

/** Appearance of each of the 256 state bytes. */
export const APPEARANCE_OF_BYTE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => judge(byte));

export function appearanceOf(stateByte: number): AppearanceCode {
  return judge(stateByte);
}

/** null for a slot that holds no host. */
export function appearanceNameOf(stateByte: number): StateKind | null {
  return NAME_BY_CODE[judge(stateByte)] ?? null;
}

/** The slot of the worst host in [first, end), the lowest slot among equals; -1 when all are empty. O(end - first). */
export function worstSlot(states: Uint8Array, first: number, end: number): number {
  let worst = -1;
  let severity: number = Appearance.none;
  for (let slot = first; slot < end; slot++) {
    const code = APPEARANCE_OF_BYTE[states[slot]!]!;
    if (code > severity) {
      severity = code;
      worst = slot;
      if (code === Appearance.down) break;
    }
  }
  return worst;
}

/**
 * The next slot in `step`'s direction whose host is a problem, around the end if need be; downs before lates: a late
 * host is offered only where nothing is down. -1 when all is well. O(slots).
 */
export function nextProblem(states: Uint8Array, from: number, step: 1 | -1): number {
  const count = states.length;
  const start = from < 0 ? (step === 1 ? -1 : 0) : from;
  let late = -1;
  for (let i = 1; i <= count; i++) {
    const slot = (((start + step * i) % count) + count) % count;
    const code = APPEARANCE_OF_BYTE[states[slot]!]!;
    if (code === Appearance.down) return slot;
    if (code === Appearance.late && late === -1) late = slot;
  }
  return late;
}
