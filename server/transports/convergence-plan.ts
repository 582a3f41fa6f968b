/**
 * What happens in one run of the convergence test, as data that fast-check draws, shrinks and prints. Knows no
 * socket and no clock.
 */
import fc from 'fast-check';
import { MODES, type Mode, TRANSPORTS } from '#lib/client/ladder.ts';
import { ACKNOWLEDGED, FLAPPING, HostState, MAINTENANCE } from '#lib/protocol/host.ts';

/** One forced viewer a transport, and one that switches. */
const VIEWERS = TRANSPORTS.length + 1;

export type Step =
  /** One tick: the nth hosts (modulo how many there are) get this byte. */
  | { readonly do: 'change'; readonly hosts: readonly number[]; readonly state: number }
  /** One tick: every host gets some byte or other, so that frames are as large as they get. */
  | { readonly do: 'change-all'; readonly seed: number }
  /** Many ticks close together, each of one host. */
  | { readonly do: 'burst'; readonly ticks: number; readonly state: number }
  | { readonly do: 'alert'; readonly number: number; readonly fate: 'open' | 'acknowledge' | 'close' }
  | { readonly do: 'grow'; readonly hosts: number }
  /** Hosts are removed, and their slots rest. */
  | { readonly do: 'free'; readonly hosts: readonly number[] }
  /** Ten minutes later on the server's clock; then new hosts take the slots that have rested. */
  | { readonly do: 'reuse'; readonly hosts: number }
  /** A viewer's connections end without a goodbye; for so long nobody gets through. */
  | { readonly do: 'cut'; readonly viewer: number; readonly downMs: number }
  | { readonly do: 'cut-all' }
  /** Bytes for all viewers wait in the server's sockets. */
  | { readonly do: 'stall'; readonly forMs: number }
  | { readonly do: 'switch'; readonly mode: Mode }
  /** Another run of the server, with other hosts and no alerts. */
  | { readonly do: 'restart'; readonly hosts: number }
  | { readonly do: 'wait'; readonly ms: number };

export type Plan = {
  readonly hosts: number;
  /** How often a frame is lost, or comes again, between a source and the view. */
  readonly dropChance: number;
  readonly repeatChance: number;
  /** How often a diff brings a wrong state. */
  readonly spoilChance: number;
  /** In how many pieces arrives what the server sends together. */
  readonly pieces: number;
  /** false: no beat ever arrives, so that nothing but the next change can show what is missing. */
  readonly beats: boolean;
  /** The last change before the quiet reaches nobody. */
  readonly losesLast: boolean;
  /** Of the chances above and of the clients' jitter. */
  readonly seed: number;
  readonly steps: readonly Step[];
};

const { pending, up, late, down, left } = HostState;
export const STATES: readonly number[] = [
  ...[up, up, down, down, late, left, pending],
  ...[down | ACKNOWLEDGED, down | MAINTENANCE, up | FLAPPING],
];
const state = fc.constantFrom(...STATES);
const hosts = fc.array(fc.nat(999), { minLength: 1, maxLength: 12 });
/** Prints as a literal that can be pasted. */
const recordOf = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const of = <T extends string>(name: T) => fc.constant(name);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: recordOf({ do: of('change'), hosts, state }) },
  { weight: 1, arbitrary: recordOf({ do: of('change-all'), seed: fc.nat() }) },
  { weight: 2, arbitrary: recordOf({ do: of('burst'), ticks: fc.integer({ min: 5, max: 40 }), state }) },
  {
    weight: 4,
    arbitrary: recordOf({
      do: of('alert'),
      number: fc.nat(5),
      fate: fc.constantFrom('open' as const, 'acknowledge' as const, 'close' as const),
    }),
  },
  { weight: 1, arbitrary: recordOf({ do: of('grow'), hosts: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: recordOf({ do: of('free'), hosts }) },
  { weight: 1, arbitrary: recordOf({ do: of('reuse'), hosts: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 3,
    arbitrary: recordOf({
      do: of('cut'),
      viewer: fc.nat(VIEWERS - 1),
      downMs: fc.constantFrom(0, 0, 40, 150),
    }),
  },
  { weight: 1, arbitrary: recordOf({ do: of('cut-all') }) },
  { weight: 2, arbitrary: recordOf({ do: of('stall'), forMs: fc.integer({ min: 10, max: 400 }) }) },
  { weight: 5, arbitrary: recordOf({ do: of('switch'), mode: fc.constantFrom(...MODES) }) },
  { weight: 1, arbitrary: recordOf({ do: of('restart'), hosts: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 14, arbitrary: recordOf({ do: of('wait'), ms: fc.integer({ min: 1, max: 120 }) }) },
);

export const plans: fc.Arbitrary<Plan> = recordOf({
  hosts: fc.oneof(
    { weight: 19, arbitrary: fc.integer({ min: 1, max: 400 }) },
    { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 30_000 }) },
  ),
  pieces: fc.constantFrom(1, 1, 3, 10),
  dropChance: fc.constantFrom(0, 0.05, 0.2),
  repeatChance: fc.constantFrom(0, 0.1, 0.3),
  spoilChance: fc.constantFrom(0, 0, 0.03),
  beats: fc.boolean(),
  losesLast: fc.boolean(),
  seed: fc.integer({ min: 0 }),
  steps: fc.array(step, { minLength: 15, maxLength: 45, size: 'max' }),
});
