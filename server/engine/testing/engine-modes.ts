/** The ways the engine can run, for tests that hold on all of them: each receiver that can be had here, one shard and two. */
import { hostIdHex } from '../../host-id.ts';
import { ownerOf } from '../message-fields.ts';
import { isRecvmmsgPossible } from '../receiver/heartbeat-sockets.ts';

export type EngineMode = { readonly receiver: 'recvmmsg' | 'dgram'; readonly shards: number };

const RECEIVERS = isRecvmmsgPossible().possible ? (['recvmmsg', 'dgram'] as const) : (['dgram'] as const);

export const ENGINE_MODES: readonly EngineMode[] = RECEIVERS.flatMap((receiver) =>
  [1, 2].map((shards) => ({ receiver, shards })),
);

/** One shard each. */
export const RECEIVER_MODES: readonly EngineMode[] = ENGINE_MODES.filter(({ shards }) => shards === 1);

/** The shard a host belongs to. */
export function shardOf(host: string, shards: number): number {
  return ownerOf(Number.parseInt(hostIdHex(host).slice(0, 8), 16), shards);
}
