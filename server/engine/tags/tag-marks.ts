/**
 * What is to be known of hosts that speak with a tag, one byte a row in the engine's shared memory: written by the
 * shard, read by main, kept when a worker has to be started anew. Types and bits alone.
 */

export const TagMark = {
  /** A right tag of it has been seen, in this run or before: whoever has no key does not speak for it any longer. */
  tagged: 1,
  /** Down, and beats with a right tag but of an older run: its clock was set back. Cleared when it is heard. */
  olderRefused: 2,
} as const;
