/**
 * `npm run bench -- <what> [--json]`: runs one benchmark and prints it; exit code 1 when it missed a target of its own.
 * Owns the list of them and no measuring.
 */
import { benchAlerts } from './alerts.ts';
import { alertsTable, missedTargets } from './alerts-table.ts';
import { benchFanout } from './fanout.ts';
import { benchIngest, ingestTable } from './ingest.ts';
import { fanoutTable, transportsTable } from './live-tables.ts';
import { benchTransports } from './transports.ts';

type Measured = {
  readonly result: object;
  readonly table: string;
  /** Targets that were not met, in words; absent: it has none. */
  readonly missed?: readonly string[];
};
type Bench = (say: (line: string) => void) => Promise<Measured>;

const BENCHES: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  [
    'ingest',
    async (say) => {
      const result = await benchIngest(say);
      return { result, table: ingestTable(result) };
    },
  ],
  [
    'fanout',
    async (say) => {
      const result = await benchFanout(say);
      return { result, table: fanoutTable(result) };
    },
  ],
  [
    'transports',
    async (say) => {
      const result = await benchTransports(say);
      return { result, table: transportsTable(result) };
    },
  ],
  [
    'alerts',
    async (say) => {
      const result = await benchAlerts(say);
      return { result, table: alertsTable(result), missed: missedTargets(result) };
    },
  ],
]);

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((each) => each !== '--json');
const bench = names.length === 1 ? BENCHES.get(names[0]!) : undefined;
if (bench === undefined) {
  const known = [...BENCHES.keys()].join(', ');
  console.error(`bench got ${JSON.stringify(args.join(' '))}; it takes one of ${known}, and [--json]`);
  process.exitCode = 2;
} else {
  const { result, table, missed = [] } = await bench((line) => console.error(line));
  console.log(json ? JSON.stringify(result, null, 2) : table);
  for (const line of missed) console.error(`bench: target missed: ${line}`);
  if (missed.length > 0) process.exitCode = 1;
}
