/**
 * How a fleet's load goes out: which carrier, in what shape, to whom it may go, how often to look at the clock, and
 * the reasons in words. Pure but for the machine's own addresses.
 */
import { networkInterfaces } from 'node:os';
import { MAX_PAYLOAD_BYTES, MAX_SEGMENTS } from '../libc/send-batch.ts';
import { type BatchShape, beatsPerBundle } from './fleet-batch.ts';
import type { FleetOptions } from './fleet-plan.ts';

/** Beyond it a load may go to this machine alone, unless the operator says that the network is theirs. */
export const GUARDED_PER_SECOND = 50_000;
/** A core sends about 360,000 datagrams/s one by one; below this they stay what real hosts would send. */
const SEGMENTS_FROM_PER_SECOND = 250_000;
export const SEGMENT_CHOICES = ['auto', 'on', 'off'] as const;
export type SegmentChoice = (typeof SEGMENT_CHOICES)[number];
export const SENDER_CHOICES = ['auto', 'sendmmsg', 'dgram'] as const;
export type SenderChoice = (typeof SENDER_CHOICES)[number];

export type LoadOptions = {
  /** Heartbeats. */
  readonly perSecond: number;
  /** Beats of several hosts in one datagram, as a relay sends them. */
  readonly relay: boolean;
  readonly segment: SegmentChoice;
};

export const heartbeatsPerSecond = ({
  hosts,
  intervalMs,
}: Pick<FleetOptions, 'hosts' | 'intervalMs'>): number => (hosts * 1_000) / intervalMs;

export type LoadPlan = {
  readonly shape: BatchShape;
  /** What leaves together is due within such a span. */
  readonly bucketMs: number;
  /** What was chosen and why, for the operator. */
  readonly words: string;
};

/** Little enough to be no burst; 1/4 ms is what a sleep can do, 4 ms what nobody notices of a small fleet. */
const MESSAGES_PER_BUCKET = 64;
const LARGE_MESSAGES_PER_BUCKET = 8;
const MIN_BUCKET_MS = 0.25;
const MAX_BUCKET_MS = 4;
const MAX_BUCKET_OF_A_LARGE_FLEET_MS = 1;
const LARGE_FLEET_PER_SECOND = 16_000;

function bucketMs(perSecond: number, heartbeatsPerMessage: number): number {
  const messages = heartbeatsPerMessage === 1 ? MESSAGES_PER_BUCKET : LARGE_MESSAGES_PER_BUCKET;
  const longestMs = perSecond > LARGE_FLEET_PER_SECOND ? MAX_BUCKET_OF_A_LARGE_FLEET_MS : MAX_BUCKET_MS;
  return Math.min(longestMs, Math.max(MIN_BUCKET_MS, (messages * heartbeatsPerMessage * 1_000) / perSecond));
}

/** `whyNoSegments`: null when the system has `sendmmsg` and UDP_SEGMENT. */
export function planLoad(
  options: LoadOptions,
  sizes: { readonly beatBytes: number; readonly longestBytes: number },
  whyNoSegments: string | null,
): LoadPlan {
  const { perSecond } = options;
  const beatsPerDatagram = options.relay ? beatsPerBundle(sizes.beatBytes) : 1;
  const datagramsPerSecond = perSecond / beatsPerDatagram;
  const wanted =
    options.segment === 'on' || (options.segment === 'auto' && datagramsPerSecond > SEGMENTS_FROM_PER_SECOND);
  const segmented = wanted && whyNoSegments === null;
  const mostBySize = Math.floor(MAX_PAYLOAD_BYTES / (beatsPerDatagram * sizes.beatBytes));
  const datagramsPerMessage = segmented ? Math.min(MAX_SEGMENTS, mostBySize) : 1;
  const datagrams = options.relay
    ? `up to ${beatsPerDatagram} beats in a datagram`
    : 'a datagram a heartbeat';
  return {
    shape: {
      beatBytes: sizes.beatBytes,
      otherBytes: sizes.longestBytes,
      beatsPerDatagram,
      datagramsPerMessage,
    },
    bucketMs: bucketMs(perSecond, beatsPerDatagram * datagramsPerMessage),
    words: `${datagrams}, ${segmentWords(options.segment, segmented, datagramsPerMessage, whyNoSegments)}`,
  };
}

function segmentWords(
  choice: SegmentChoice,
  segmented: boolean,
  datagramsPerMessage: number,
  whyNoSegments: string | null,
): string {
  if (segmented) {
    const why = choice === 'auto' ? ` because of the rate; --segment off sends them one by one` : '';
    return `${datagramsPerMessage} datagrams a message (UDP_SEGMENT)${why}`;
  }
  if (choice === 'on') return `one by one: no segments, because ${whyNoSegments}`;
  if (choice === 'off') return 'one by one';
  return `one by one, as real hosts do; segments are taken above ${SEGMENTS_FROM_PER_SECOND.toLocaleString('en-US')} datagrams/s, or with --segment on`;
}

/** Is this an address of the machine itself? What is sent there meets no network. */
export function isThisMachine(address: string): boolean {
  if (/^127\./.test(address) || address === '::1' || /^::ffff:127\./i.test(address)) return true;
  return Object.values(networkInterfaces()).some((each) =>
    each?.some((own) => own.address === address.replace(/%.*$/, '')),
  );
}
