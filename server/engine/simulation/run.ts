/**
 * `node server/engine/simulation/run.ts [--seeds 1000] [--first 1] [--seed n] [--span 120s] [--hosts 40]
 * [--flapping 5]`: many runs of the simulation, the pinned seeds first. Prints every seed that fails; exit code 1 when any did.
 */
import { PINNED_SEEDS } from './pinned-seeds.ts';
import { simulate } from './simulation.ts';

const USUAL = { seeds: 100, first: 1, spanS: 120, hosts: 40, flapping: 0 };

type Setting = 'seeds' | 'first' | 'seed' | 'span' | 'hosts' | 'flapping';

function refuse(words: string): never {
  console.error(
    `simulation: ${words}; it takes --seeds, --first, --seed, --span, --hosts and --flapping, each with a whole number`,
  );
  process.exit(2);
}

function settings(args: readonly string[]): Partial<Record<Setting, number>> {
  const given: Partial<Record<Setting, number>> = {};
  for (let i = 0; i < args.length; i += 2) {
    const name = /^--(seeds|first|seed|span|hosts|flapping)$/.exec(args[i]!)?.[1] as Setting | undefined;
    if (name === undefined) refuse(`${JSON.stringify(args[i])} is none of its settings`);
    // A span may have its unit, which is seconds.
    const value = /^([0-9]{1,9})s?$/.exec(args[i + 1] ?? '')?.[1];
    if (value === undefined) refuse(`${args[i]} is ${JSON.stringify(args[i + 1] ?? '')}`);
    given[name] = Number(value);
  }
  return given;
}

const given = settings(process.argv.slice(2));
const first = given.first ?? USUAL.first;
const seeds =
  given.seed !== undefined
    ? [given.seed]
    : [
        ...PINNED_SEEDS.map(({ seed }) => seed),
        ...Array.from({ length: given.seeds ?? USUAL.seeds }, (_, i) => first + i),
      ];
const spanMs = (given.span ?? USUAL.spanS) * 1_000;
const hosts = given.hosts ?? USUAL.hosts;
const flapping = Math.min(hosts, given.flapping ?? USUAL.flapping);
let failed = 0;
let messages = 0;
let deaths = 0;
let mistaken = 0;
let merged = 0;
for (const seed of seeds) {
  try {
    const result = simulate({ seed, spanMs, hosts, flapping });
    messages += result.read;
    deaths += result.deaths;
    mistaken += result.mistaken;
    merged += result.merged;
    if (seeds.length === 1) console.log(JSON.stringify(result, null, 2));
  } catch (error) {
    failed++;
    console.error(error instanceof Error ? error.message : error);
  }
}
console.log(
  `${seeds.length} seeds, ${messages} heartbeats judged, ${deaths} deaths, ${mistaken} living hosts down by loss, ${merged} transitions merged, ${failed} failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
