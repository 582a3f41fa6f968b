/**
 * Owns `g` then a letter: which press completes it and for how long the first one is remembered. Pure.
 */
export const CHORD_WINDOW_MS = 1_500;

/** When `g` was pressed; null = no chord is waiting. */
export type ChordState = { readonly startedAtMs: number } | null;
export type ChordStep = {
  readonly state: ChordState;
  /** Where the completed chord leads, null when none was completed. */
  readonly target: string | null;
  /** The press belongs to the chord: nobody else may act on it. */
  readonly consumed: boolean;
};

/** One key press at `nowMs`; `targets` maps the second key to its destination. */
export function chordStep(
  state: ChordState,
  key: string,
  nowMs: number,
  targets: Readonly<Record<string, string>>,
): ChordStep {
  const waiting = state !== null && nowMs - state.startedAtMs <= CHORD_WINDOW_MS;
  if (waiting && Object.hasOwn(targets, key)) return { state: null, target: targets[key]!, consumed: true };
  if (key === 'g') return { state: { startedAtMs: nowMs }, target: null, consumed: true };
  return { state: null, target: null, consumed: false };
}
