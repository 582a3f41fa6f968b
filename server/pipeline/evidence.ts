/** What a down or a leave rests on, from the engine's columns of transitions. Pure. */
import type { Evidence } from '#lib/protocol/host.ts';
import { type ShardBatch, TransitionNote, TransitionReason } from '../engine/index.ts';

const KINDS: Readonly<Record<number, Evidence['kind']>> = {
  [TransitionReason.timeout]: 'timeout',
  [TransitionReason.closed]: 'closed',
  [TransitionReason.reset]: 'reset',
  [TransitionReason.bye]: 'bye',
};

export function evidenceOf(
  transitions: ShardBatch['transitions'],
  i: number,
  intervalMs: number,
  source: string | null,
): Evidence {
  const evidence: Evidence = {
    kind: KINDS[transitions.reasons[i]!] ?? 'timeout',
    silentMs: Math.max(0, Math.round(transitions.atMs[i]! - transitions.lastSeenAtMs[i]!)),
    intervalMs,
    source,
    lostBeats: transitions.lostBeats[i]!,
    expectedBeats: transitions.expectedBeats[i]!,
  };
  const notes = transitions.notes[i]!;
  return {
    ...evidence,
    ...((notes & TransitionNote.unheard) === 0 ? {} : { unheard: true as const }),
    ...((notes & TransitionNote.connected) === 0 ? {} : { connected: true as const }),
  };
}
