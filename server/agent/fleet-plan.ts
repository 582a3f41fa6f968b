/**
 * Who is in a simulated fleet and what happens to it when: names, labels, phases and events, all from the seed.
 * Pure; O(1) a question but for the order of phases (O(hosts), once). Times are ms since the run's start.
 */
import { canonicalLabels, type Labels } from '../../lib/protocol/host.ts';
import type { Outage } from './option-values.ts';
import { fractionOf, mix32, Prng } from './prng.ts';

/** Which of the running hosts: so many or such a share of them, drawn by the seed; or all with a label. */
export type Chosen =
  | { readonly by: 'count'; readonly count: number }
  | { readonly by: 'share'; readonly share: number }
  | { readonly by: 'label'; readonly key: LabelKey; readonly value: string };

export type ChosenAt = { readonly chosen: Chosen; readonly atMs: number };

/** The labels every simulated host has, in the order of a hello. */
export const LABEL_KEYS = ['dc', 'rack', 'role'] as const;
export type LabelKey = (typeof LABEL_KEYS)[number];

export type FleetOptions = {
  /** 1 to 1,000,000. */
  readonly hosts: number;
  readonly intervalMs: number;
  /** Share of the heartbeats that get lost, each by itself. */
  readonly lossShare: number;
  readonly seed: number;
  readonly prefix: string;
  readonly racks: number;
  /** These of the running hosts stop silently. */
  readonly kills: readonly ChosenAt[];
  /** These of the running hosts start again: a new incarnation, a hello. */
  readonly restarts: readonly ChosenAt[];
  /** All stopped hosts start again. */
  readonly revivesAtMs: readonly number[];
  /** A rack's network is cut: its hosts go on, nothing of theirs arrives. */
  readonly outages: readonly Outage[];
  /** So many random hosts are cut off again and again. */
  readonly flapping: number;
};

/** A flapping host is cut off for so many intervals (more than the usual timeout) in every so many. */
export const FLAP_CUT_INTERVALS = 8;
export const FLAP_PERIOD_INTERVALS = 24;

/** What the seed is mixed with, so that one choice does not depend on how many others were made. */
export const Stream = { phase: 1, role: 2, flap: 3, flapPhase: 4, loss: 5, hello: 6, event: 7 } as const;

const DATACENTRES = ['fra1', 'iad2', 'sin3'];
const ROLES: readonly (readonly [role: string, share: number])[] = [
  ['web', 0.4],
  ['worker', 0.25],
  ['cache', 0.15],
  ['db', 0.12],
  ['queue', 0.08],
];
const HOSTS_PER_RACK = 40;

/** How many racks a fleet has unless told: one for each 40 hosts. */
export function defaultRacks(hosts: number): number {
  return Math.max(1, Math.ceil(hosts / HOSTS_PER_RACK));
}

const numbered = (prefix: string, number: number, last: number): string =>
  prefix + String(number).padStart(Math.max(2, String(last).length), '0');

/** `r01` … in a fleet of up to 99 racks, `r001` … in a larger one. `rack` counts from 0. */
export function rackName(rack: number, racks: number): string {
  return numbered('r', rack + 1, racks);
}

/** `host` counts from 0; the last one's name is as long as the others'. */
export function hostName(host: number, options: Pick<FleetOptions, 'hosts' | 'prefix'>): string {
  return numbered(options.prefix, host + 1, options.hosts);
}

/** Racks are filled in the order of the hosts' numbers, alike to within one. */
export function rackOf(host: number, options: Pick<FleetOptions, 'hosts' | 'racks'>): number {
  return Math.floor((host * options.racks) / options.hosts);
}

export function datacentreOf(rack: number, racks: number): string {
  return DATACENTRES[Math.floor((rack * DATACENTRES.length) / racks)]!;
}

export function roleOf(host: number, seed: number): string {
  let left = fractionOf(seed, Stream.role, host);
  for (const [role, share] of ROLES) {
    left -= share;
    if (left < 0) return role;
  }
  return ROLES[0]![0];
}

export function labelsOf(host: number, options: Pick<FleetOptions, 'hosts' | 'racks' | 'seed'>): Labels {
  const rack = rackOf(host, options);
  return canonicalLabels([
    ['dc', datacentreOf(rack, options.racks)],
    ['rack', rackName(rack, options.racks)],
    ['role', roleOf(host, options.seed)],
  ]);
}

/** Tells which hosts have this label; allocates nothing a host. */
export function labelMatcher(
  { key, value }: { readonly key: LabelKey; readonly value: string },
  options: Pick<FleetOptions, 'hosts' | 'racks' | 'seed'>,
): (host: number) => boolean {
  if (key === 'role') return (host) => roleOf(host, options.seed) === value;
  const { racks } = options;
  const nameOf = key === 'rack' ? rackName : datacentreOf;
  const matching = Uint8Array.from({ length: racks }, (_, rack) => (nameOf(rack, racks) === value ? 1 : 0));
  return (host) => matching[rackOf(host, options)] === 1;
}

/** Every value that a label has somewhere in the fleet. */
export function labelValues(key: LabelKey, { racks }: Pick<FleetOptions, 'racks'>): readonly string[] {
  if (key === 'role') return ROLES.map(([role]) => role);
  const all = Array.from({ length: racks }, (_, rack) => rack);
  return key === 'rack'
    ? all.map((rack) => rackName(rack, racks))
    : [...new Set(all.map((rack) => datacentreOf(rack, racks)))];
}

/** The hosts in the order of their phases: host order[k] sends at (k + ½) / hosts of each interval, so the fleet is even. */
export function phaseOrder(hosts: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: hosts }, (_, host) => host);
  new Prng(mix32(seed, Stream.phase, 0)).drawToFront(order, hosts);
  return order;
}

export type FleetEvent =
  | {
      readonly kind: 'kill' | 'restart';
      readonly atMs: number;
      readonly chosen: Chosen;
      readonly seed: number;
    }
  | { readonly kind: 'revive'; readonly atMs: number }
  | { readonly kind: 'cut' | 'join'; readonly atMs: number; readonly rack: number };

/** Everything that will happen, in order of time; what falls on one instant stays in the order kill, restart, revive, outage. */
export function fleetEvents(options: FleetOptions): readonly FleetEvent[] {
  const seedOf = (kind: number, index: number) => mix32(options.seed, Stream.event + kind, index);
  const racks = new Map(
    Array.from({ length: options.racks }, (_, rack) => [rackName(rack, options.racks), rack]),
  );
  const events: FleetEvent[] = [
    ...options.kills.map((each, i) => ({ kind: 'kill', ...each, seed: seedOf(0, i) }) as const),
    ...options.restarts.map((each, i) => ({ kind: 'restart', ...each, seed: seedOf(1, i) }) as const),
    ...options.revivesAtMs.map((atMs) => ({ kind: 'revive', atMs }) as const),
    ...options.outages.flatMap(({ rack: name, atMs, durationMs }) => {
      const rack = racks.get(name);
      if (rack === undefined) throw new RangeError(`no rack is named ${name}`);
      return [{ kind: 'cut', atMs, rack } as const, { kind: 'join', atMs: atMs + durationMs, rack } as const];
    }),
  ];
  return events.sort((a, b) => a.atMs - b.atMs);
}
