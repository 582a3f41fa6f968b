/** What becomes of a message, as a number: accepted, or refused for a reason that is counted. */
import { REJECT_REASONS, type RejectReason } from '../../lib/protocol/heartbeat.ts';

/** A verdict of 0 or more is the index of its reason in REJECT_REASONS. */
export const REASON = Object.fromEntries(REJECT_REASONS.map((reason, i) => [reason, i])) as Readonly<
  Record<RejectReason, number>
>;

export const ACCEPTED = -1;
