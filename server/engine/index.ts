/** The engine's only door: heartbeats in by UDP, ordered batches of transitions out, shared columns to read. */
export {
  type HostDescription,
  type ShardBatch,
  TransitionKind,
  TransitionNote,
  TransitionReason,
} from './events.ts';
export type { HostColumnsView } from './host-columns-view.ts';
export type { ExpectedHost, RestoredHost } from './known-hosts.ts';
export { type Engine, type EngineOptions, startEngine } from './supervisor.ts';
