/** The engine's only door: heartbeats in by UDP and TCP, ordered batches of transitions out, shared columns to read. */
export { policyOf, readPolicies } from './detector/policies.ts';
export type { EngineOptions } from './engine-options.ts';
export {
  type HostDescription,
  type ShardBatch,
  TransitionKind,
  TransitionNote,
  TransitionReason,
} from './events.ts';
export type { HostColumnsView } from './host-columns-view.ts';
export type { ExpectedHost, RestoredByWords, RestoredHost } from './known-hosts.ts';
export { type Engine, startEngine } from './supervisor.ts';
export { readKeys, readPlainFrom } from './tags/read-tags.ts';
export { SavedRuns } from './tags/saved-runs.ts';
export type { TaggedRuns } from './tags/tagged-runs.ts';
