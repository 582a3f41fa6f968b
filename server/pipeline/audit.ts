/** What the audit says of a command, in words: one entry a command, with its counts. Pure. */
import type { AuditEntry } from '#lib/protocol/account.ts';
import type { AckOrder } from '../alerts/alert-book.ts';

export type AckCounts = { readonly acked: number; readonly alreadyAcked: number; readonly skipped: number };

/** Names in a list that is for people. */
const NAMES_SHOWN = 5;

export function ackAudit(
  order: AckOrder,
  filterInWords: string | null,
  counts: AckCounts,
  at: number,
): AuditEntry {
  const parts = [
    `${counts.acked} acknowledged, ${counts.alreadyAcked} already acknowledged, ${counts.skipped} skipped`,
    filterInWords === null ? 'by id' : `filter: ${filterInWords}`,
  ];
  if (order.expiresInMs !== null) parts.push(`until ${new Date(at + order.expiresInMs).toISOString()}`);
  if (order.comment !== null) parts.push(`comment: ${order.comment}`);
  return { at, actor: order.by, action: 'acknowledge', target: order.batchId, detail: parts.join('; ') };
}

export function unackAudit(
  actor: string,
  batchId: string | null,
  counts: { readonly unacked: number; readonly skipped: number },
  at: number,
): AuditEntry {
  const of = batchId === null ? 'by id' : 'undo of its batch';
  const detail = `${counts.unacked} ended, ${counts.skipped} skipped; ${of}`;
  return { at, actor, action: 'unacknowledge', target: batchId, detail };
}

/** One host is named as the target, several by count and the first names. */
export function removalAudit(actor: string, names: readonly string[], at: number): AuditEntry {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  const one = names.length === 1;
  return {
    at,
    actor,
    action: 'remove-hosts',
    target: one ? names[0]! : null,
    detail: one ? null : `${names.length} hosts: ${shown}${more}`,
  };
}

export function expectedAudit(actor: string, name: string, intervalMs: number, at: number): AuditEntry {
  return { at, actor, action: 'expect-host', target: name, detail: `one heartbeat every ${intervalMs} ms` };
}
