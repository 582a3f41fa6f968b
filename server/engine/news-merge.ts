/**
 * Which of a host's transitions that main has not been told yet is given up for a newer one, so that a host never has
 * more than a few waiting. Pure; no state. Cost: a look at six numbers, only for a host that has used up its places.
 */
import { TransitionKind, TransitionNote } from './events.ts';

/** Transitions of one host that wait at most: its first, a down, an up, a restart and its present state, each once. */
export const EVENTS_A_HOST = 5;

/**
 * The index of the one to be dropped among `count` (EVENTS_A_HOST + 1) transitions of a host, oldest first, of which
 * the newest is never it. In this order: a *late*, which nobody records; a *restarted* before another; a *down* of a
 * host that was heard only once and has been heard since, which was no alert; else the oldest state but the first
 * transition, which may be a registration, the first down, which opened an alert, and the one *restarted* that is left.
 * What lies between two downs is then one longer outage: as an alert that is resumed.
 */
export function droppedIndex(kinds: Uint8Array, notes: Uint8Array, count: number): number {
  const newest = count - 1;
  let restarted = -1;
  let heardOnce = -1;
  let firstDown = -1;
  for (let i = 0; i < newest; i++) {
    const kind = kinds[i]!;
    if (kind === TransitionKind.late) return i;
    if (kind === TransitionKind.restarted && restarted === -1) restarted = i;
    if (kind !== TransitionKind.down) continue;
    if ((notes[i]! & TransitionNote.heardOnce) !== 0) heardOnce = i;
    else if (firstDown === -1) firstDown = i;
  }
  if (restarted !== -1 && kinds.indexOf(TransitionKind.restarted, restarted + 1) !== -1) return restarted;
  if (heardOnce !== -1) return heardOnce;
  for (let i = 1; i < newest; i++) if (i !== firstDown && i !== restarted) return i;
  throw new Error(`${count} transitions of one host, and none of them can be dropped`);
}
