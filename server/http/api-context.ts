/** What the API reads, and the commands main hands it. Nothing else of the server is known in this folder. */
import type { AckAnswer, UnackAnswer } from '#lib/protocol/alert.ts';
import type { About, Health, ScratchFeedInfo } from '#lib/protocol/api.ts';
import type { HostId } from '#lib/protocol/host.ts';
import type { Store } from '../store/store.ts';
import type { FleetSampler } from './fleet-samples.ts';
import type { HostSource } from './host-view.ts';

export type AckTargets = { readonly ids: readonly string[] } | { readonly downHosts: readonly HostId[] };

export type AckCommand = {
  readonly batchId: string;
  readonly by: string;
  readonly comment: string | null;
  readonly expiresInMs: number | null;
  readonly maxOpenedSeq: number | null;
};

export type ApiContext = HostSource & {
  readonly store: Pick<Store, 'events' | 'alerts'>;
  readonly samples: FleetSampler;
  readonly ingest: () => Health['ingest'];
  readonly about: () => About;
  readonly uptimeMs: () => number;
  /** A name for the acknowledgements of one request, so that it can be undone. */
  readonly newBatchId: () => string;
  readonly acknowledge: (targets: AckTargets, command: AckCommand) => Promise<AckAnswer>;
  readonly unacknowledge: (
    target: { readonly ids: readonly string[] } | { readonly batchId: string },
    by: string,
  ) => Promise<UnackAnswer>;
  readonly scratch: {
    /** Values within the limits; null: there are as many feeds as there may be. */
    readonly create: (hosts: number, changesPerSecond: number) => ScratchFeedInfo | null;
    /** null: there is no feed of that name. */
    readonly setRate: (feed: string, changesPerSecond: number) => ScratchFeedInfo | null;
    /** false: there was none. */
    readonly remove: (feed: string) => boolean;
  };
  /** A bug, with the request it happened in. */
  readonly onError: (error: Error) => void;
};
