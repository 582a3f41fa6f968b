/** What the counts say, decided in one place: which sentence, how old. Pure. */
import type { HostCounts } from '@/lib/protocol/host.ts';

export type SentenceKey = 'connecting' | 'none' | 'allUp' | 'calm' | 'down' | 'late' | 'downLate';

/** The sentence that is true for these counts; null counts = nothing has arrived yet. */
export function sentenceFor(counts: HostCounts | null): SentenceKey {
  if (counts === null) return 'connecting';
  if (counts.total === 0) return 'none';
  if (counts.down > 0) return counts.late > 0 ? 'downLate' : 'down';
  if (counts.late > 0) return 'late';
  return counts.up === counts.total ? 'allUp' : 'calm';
}

export type AgeKey = 'now' | 'seconds' | 'minutes' | 'hours';

/** An age in its largest whole unit: 2 s, 3 min, 5 h. */
export function ageInWords(ageMs: number): { readonly key: AgeKey; readonly value: number } {
  const seconds = Math.floor(ageMs / 1000);
  if (seconds < 1) return { key: 'now', value: 0 };
  if (seconds < 120) return { key: 'seconds', value: seconds };
  const minutes = Math.floor(seconds / 60);
  return minutes < 120
    ? { key: 'minutes', value: minutes }
    : { key: 'hours', value: Math.floor(minutes / 60) };
}
