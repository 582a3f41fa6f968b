/** Owns reading what somebody typed about a host that is to be watched for before it is heard. Pure. */
import type { ExpectHostRequest } from '@/lib/protocol/account.ts';
import { parseInterval } from '@/lib/protocol/heartbeat.ts';
import { isHostName, MAX_LABELS } from '@/lib/protocol/host.ts';
import { parseLabel, typedLabel } from './host-query.ts';

export type ExpectedHostDraft = { readonly name: string; readonly interval: string; readonly labels: string };
export type ExpectedHostMistake = {
  readonly field: keyof ExpectedHostDraft;
  /** The word that was not understood; '' when it is the whole field. */
  readonly word: string;
};
export type ExpectedHostReading =
  | { readonly ok: true; readonly host: Required<ExpectHostRequest> }
  | { readonly ok: false; readonly mistake: ExpectedHostMistake };

const mistaken = (field: keyof ExpectedHostDraft, word = ''): ExpectedHostReading => ({
  ok: false,
  mistake: { field, word },
});

/** The interval as in a heartbeat (`500ms`, `60s`, `5m`), labels as `rack=r17` or `rack:r17`, apart by spaces. */
export function readExpectedHost(draft: ExpectedHostDraft): ExpectedHostReading {
  const name = draft.name.trim();
  if (!isHostName(name)) return mistaken('name');
  const intervalMs = parseInterval(draft.interval.trim().replaceAll(' ', ''));
  if (intervalMs === null) return mistaken('interval');
  const labels = new Map<string, string>();
  for (const word of draft.labels.split(/\s+/u).filter(Boolean)) {
    const label = parseLabel(typedLabel(word) ?? '');
    if (label === null) return mistaken('labels', word);
    labels.set(label.key, label.value);
  }
  if (labels.size > MAX_LABELS) return mistaken('labels');
  return { ok: true, host: { name, intervalMs, labels: Object.fromEntries(labels) } };
}
