import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TransitionKind, TransitionNote } from './events.ts';
import { droppedIndex, EVENTS_A_HOST } from './news-merge.ts';

/** One letter a transition; `o`: a down of a host that was heard only once. */
const KINDS: Readonly<Record<string, number>> = {
  u: TransitionKind.up,
  l: TransitionKind.late,
  d: TransitionKind.down,
  o: TransitionKind.down,
  b: TransitionKind.left,
  r: TransitionKind.restarted,
};

/** What waits of a host after all of this happened and nobody listened. */
function waiting(happened: string): string {
  let kept: string[] = [];
  for (const letter of happened) {
    kept.push(letter);
    if (kept.length <= EVENTS_A_HOST) continue;
    const kinds = Uint8Array.from(kept, (each) => KINDS[each]!);
    const notes = Uint8Array.from(kept, (each) => (each === 'o' ? TransitionNote.heardOnce : 0));
    const dropped = droppedIndex(kinds, notes, kept.length);
    kept = kept.filter((_, i) => i !== dropped);
  }
  return kept.join('');
}

/** As main takes them: the state it ends with, is an alert open, was there one. */
function told(letters: string, before: string): { state: string; isAlerting: boolean; alerted: boolean } {
  let state = before;
  let isAlerting = before === 'd';
  let alerted = false;
  for (const letter of letters) {
    const next = letter === 'o' ? 'd' : letter;
    if (letter === 'r' || next === state) continue;
    state = next;
    if (letter === 'd') alerted = true;
    if (letter === 'd') isAlerting = true;
    else if (letter === 'u' || letter === 'b') isAlerting = false;
  }
  return { state, isAlerting, alerted };
}

const AFTER: Readonly<Record<string, string>> = { u: 'ldbr', l: 'udb', d: 'ub', b: 'u', n: 'u' };

/** What may happen to a host in this state (`n`: it is new), by numbers chosen anywhere. */
function walk(before: string, choices: readonly number[], isHeardOnce: boolean): string {
  let state = before;
  let happened = '';
  let once = isHeardOnce;
  for (const choice of choices) {
    const able = AFTER[state]!;
    const letter = able[choice % able.length]!;
    happened += letter === 'd' && once ? 'o' : letter;
    if (letter !== 'r') state = letter;
    // Its second heartbeat.
    if ('ur'.includes(letter) && happened !== 'u') once = false;
  }
  return happened;
}

describe('what is given up of a host that has too much waiting', () => {
  test.each([
    ['nothing while there is room', 'udubu', 'udubu'],
    ['late first, which nobody records', 'ulululdu', 'uuudu'],
    ['restarts before the newest one', 'urrrrrrrr', 'urrrr'],
    ['a restart before a state', 'urdurdu', 'udrdu'],
    ['byes and beats: the oldest but the first', 'bubububu', 'bbubu'],
    ['never a registration', 'ubububub', 'uubub'],
    ['never the first down', 'ububdububu', 'udubu'],
    ['downs and ups: one longer outage', 'dududududu', 'ddudu'],
    ['a down after a single heartbeat, once it was heard again', 'uouduu', 'uuduu'],
  ])('E116: %s', (_what, happened, left) => {
    expect(waiting(happened)).toBe(left);
  });

  test('E116: whatever happens, main ends with the state that is, the alert that is open, and some alert if there was one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('n', 'u', 'l', 'd', 'b'),
        fc.array(fc.nat(11), { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        (before, choices, isHeardOnce) => {
          const happened = walk(before, choices, isHeardOnce && before !== 'd' && before !== 'b');
          const kept = waiting(happened);
          expect(kept.length).toBeLessThanOrEqual(EVENTS_A_HOST);
          expect(told(kept, before)).toEqual(told(happened, before));
          expect(kept.includes('r')).toBe(happened.includes('r'));
          if (before === 'n') expect(kept[0]).toBe('u');
        },
      ),
      { numRuns: 3_000 },
    );
  });
});
