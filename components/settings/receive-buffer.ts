/**
 * Is the receive buffer the kernel gave us large enough for what comes, and what to do if not. Pure.
 * Source: docs/operations.md; a small datagram costs so much of a Linux receive buffer.
 */

const BYTES_A_HEARTBEAT = 832;
/** What Pulsewatch asks for; the kernel counts it double. */
const WANTED_BYTES = 64 * 2 ** 20;
/** A process is stopped for so long now and then, by collections and by others on its cores. */
const ENOUGH_MS = 1_000;

export const BUFFER_ADVICE = `sysctl -w net.core.rmem_max=${WANTED_BYTES}`;

export type ReceiveBuffer = {
  readonly bytes: number;
  /** It holds at least so many heartbeats. */
  readonly heartbeats: number;
  /** Those of so long, at the present rate; null while none come. */
  readonly lastsMs: number | null;
  /** Small for what comes, and the system's limit is why. */
  readonly isSmall: boolean;
};

export type Received = {
  readonly receiveBufferBytes: number;
  readonly heartbeatsPerSecond: number;
  readonly kernelDrops: number;
  readonly shards: number;
};

/** `receiveBufferBytes`: of one shard's socket; the shards share the heartbeats evenly. */
export function receiveBufferOf({
  receiveBufferBytes,
  heartbeatsPerSecond,
  kernelDrops,
  shards,
}: Received): ReceiveBuffer {
  const heartbeats = Math.floor(receiveBufferBytes / BYTES_A_HEARTBEAT);
  const rate = heartbeatsPerSecond / Math.max(1, shards);
  const lastsMs = rate > 0 ? (heartbeats * 1_000) / rate : null;
  const isShort = kernelDrops > 0 || (lastsMs !== null && lastsMs < ENOUGH_MS);
  return {
    bytes: receiveBufferBytes,
    heartbeats,
    lastsMs,
    isSmall: isShort && receiveBufferBytes < WANTED_BYTES,
  };
}
