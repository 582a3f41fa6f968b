/**
 * What it costs to know who fell silent: our FIFO and our wheel beside ZooKeeper-style buckets, an indexed heap and a
 * full scan, at 10,000 to a million hosts that beat in random or in row order. Each structure in a process of its own,
 * in turns. CPU-bound, no network. About two minutes.
 */
import { BenchChild } from './bench-child.ts';
import {
  type ExpiryAnswer,
  type ExpiryQuestion,
  isExpiryAnswer,
  ORDERS,
  type Order,
  STRUCTURES,
  type StructureKind,
} from './expiry-messages.ts';
import { type Machine, machine, median } from './statistics.ts';

export const EXPIRY_SIZES = [10_000, 100_000, 1_000_000];
const TURNS = 3;
/** So many beats are measured in a turn at least. */
const BEATS = 2_000_000;

export type ExpiryRun = ExpiryAnswer & {
  readonly structure: StructureKind;
  readonly hosts: number;
  readonly order: Order;
  readonly turn: number;
};

/** Medians over the turns. */
export type ExpiryFigure = Omit<ExpiryRun, 'turn'>;

export type ExpiryResult = {
  readonly machine: Machine;
  readonly turns: number;
  readonly figures: readonly ExpiryFigure[];
  readonly runs: readonly ExpiryRun[];
};

/** Runs it all; `say` takes lines of progress. Rejects when a process fails or a structure misses a silent host. */
export async function benchExpiry(say: (line: string) => void): Promise<ExpiryResult> {
  const module = new URL('../engine/testing/expiry-child.ts', import.meta.url);
  const children = STRUCTURES.map((structure) => ({
    structure,
    child: new BenchChild<ExpiryQuestion, ExpiryAnswer>(module, [structure], isExpiryAnswer),
  }));
  const runs: ExpiryRun[] = [];
  try {
    for (let turn = 1; turn <= TURNS; turn++) {
      for (const hosts of EXPIRY_SIZES) {
        for (const order of ORDERS) {
          // Whoever is first finds a cooler machine: begin with another each turn.
          const shifted = [
            ...children.slice(turn % children.length),
            ...children.slice(0, turn % children.length),
          ];
          for (const { structure, child } of shifted) {
            const answer = await child.ask({ hosts, order, rounds: Math.max(2, Math.ceil(BEATS / hosts)) });
            if (answer.found !== hosts) {
              throw new Error(`${structure} found ${answer.found} of ${hosts} silent hosts`);
            }
            runs.push({ structure, hosts, order, turn, ...answer });
          }
        }
        say(`turn ${turn} of ${TURNS}: ${hosts.toLocaleString('en-US')} hosts done`);
      }
    }
  } finally {
    for (const { child } of children) child.end();
  }
  return { machine: machine(), turns: TURNS, figures: summarise(runs), runs };
}

function summarise(runs: readonly ExpiryRun[]): ExpiryFigure[] {
  return STRUCTURES.flatMap((structure) =>
    EXPIRY_SIZES.flatMap((hosts) =>
      ORDERS.map((order) => {
        const same = runs.filter(
          (run) => run.structure === structure && run.hosts === hosts && run.order === order,
        );
        return {
          ...{ structure, hosts, order, found: hosts },
          nsABeat: median(same.map(({ nsABeat }) => nsABeat)),
          lookUs: median(same.map(({ lookUs }) => lookUs)),
          nsADown: median(same.map(({ nsADown }) => nsADown)),
        };
      }),
    ),
  );
}
