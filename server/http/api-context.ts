/** What the API reads, and the commands main hands it. Nothing else of the server is known in this folder. */
import type { IncomingMessage } from 'node:http';
import type { RemoveAnswer, ServerSettings } from '#lib/protocol/account.ts';
import type { AckAnswer, UnackAnswer } from '#lib/protocol/alert.ts';
import type { About, Health, ScratchFeedInfo } from '#lib/protocol/api.ts';
import type { HostId, Labels } from '#lib/protocol/host.ts';
import type { Accounts } from '../auth/accounts.ts';
import type { Identity } from '../auth/identity.ts';
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
  /** The filter in words, for the audit; null: by ids. */
  readonly filterInWords: string | null;
};

/** A host to be watched for before it is heard. */
export type ExpectedHost = { readonly name: string; readonly labels: Labels; readonly intervalMs: number };

export type ApiContext = HostSource & {
  readonly store: Pick<Store, 'events' | 'alerts' | 'timeline' | 'audit' | 'health'>;
  /** As noted at the door; undefined: a request that came through no door (tests of the API alone). */
  readonly identify: (request: IncomingMessage | undefined) => Identity | null;
  /** null with AUTH=none. */
  readonly accounts: Accounts | null;
  readonly settings: () => ServerSettings;
  /** Rejects with StoreUnavailable, as do all commands below. */
  readonly changeSettings: (settings: ServerSettings, by: string) => Promise<void>;
  /** `known`: there is such a host already, and nothing happened. `full`: MAX_HOSTS are watched. */
  readonly expectHost: (host: ExpectedHost, by: string) => Promise<'expected' | 'known' | 'full'>;
  /** Those that are not there count for nothing. */
  readonly removeHosts: (ids: readonly HostId[], by: string) => Promise<RemoveAnswer>;
  readonly samples: FleetSampler;
  readonly ingest: () => Health['ingest'];
  /** Without who asks. */
  readonly about: () => Omit<About, 'you'>;
  readonly uptimeMs: () => number;
  /** The server's clock, ms since the epoch: the one that instants of events and alerts are of. */
  readonly nowMs: () => number;
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
