/**
 * `npm run bench -- <what> [--json]`: runs one benchmark and prints it; exit code 1 when it missed a target of its own.
 * Owns the list of them and no measuring.
 */
import { benchAlerts } from './alerts.ts';
import { alertsTable, missedTargets } from './alerts-table.ts';
import { benchBrowserMillion, missedBrowserTargets } from './browser-million.ts';
import { browserMillionTable } from './browser-million-table.ts';
import { benchDetection } from './detection.ts';
import { detectionTable, missedDetectionTargets } from './detection-table.ts';
import { benchExpiry } from './expiry.ts';
import { expiryTable } from './expiry-table.ts';
import { benchFanout } from './fanout.ts';
import { benchIngest } from './ingest.ts';
import { ingestTable, missedIngestTargets } from './ingest-table.ts';
import { fanoutTable, transportsTable } from './live-tables.ts';
import { benchMemory } from './memory.ts';
import { memoryTable, missedMemoryTargets } from './memory-table.ts';
import { benchMillion } from './million.ts';
import { millionTable, missedMillionTargets } from './million-table.ts';
import { benchOutage } from './outage.ts';
import { missedOutageTargets, outageTable } from './outage-table.ts';
import { benchTransports } from './transports.ts';

type Measured = {
  readonly result: object;
  readonly table: string;
  /** Targets that were not met, in words; undefined: it has none. */
  readonly missed: readonly string[] | undefined;
};
type Say = (line: string) => void;
type Bench = (say: Say) => Promise<Measured>;

function bench<T extends object>(
  run: (say: Say) => Promise<T>,
  table: (result: T) => string,
  missed?: (result: T) => readonly string[],
): Bench {
  return async (say) => {
    const result = await run(say);
    return { result, table: table(result), missed: missed?.(result) };
  };
}

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ['ingest', bench(benchIngest, ingestTable, missedIngestTargets)],
  ['expiry', bench(benchExpiry, expiryTable)],
  ['detection', bench(benchDetection, detectionTable, missedDetectionTargets)],
  ['memory', bench(benchMemory, memoryTable, missedMemoryTargets)],
  ['outage', bench(benchOutage, outageTable, missedOutageTargets)],
  ['million', bench(benchMillion, millionTable, missedMillionTargets)],
  ['browser-million', bench(benchBrowserMillion, browserMillionTable, missedBrowserTargets)],
  ['fanout', bench(benchFanout, fanoutTable)],
  ['transports', bench(benchTransports, transportsTable)],
  ['alerts', bench(benchAlerts, alertsTable, missedTargets)],
]);

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((each) => each !== '--json');
const chosen = names.length === 1 ? BENCHES.get(names[0]!) : undefined;
if (chosen === undefined) {
  const known = [...BENCHES.keys()].join(', ');
  console.error(`bench got ${JSON.stringify(args.join(' '))}; it takes one of ${known}, and [--json]`);
  process.exitCode = 2;
} else {
  const { result, table, missed = [] } = await chosen((line) => console.error(line));
  console.log(json ? JSON.stringify(result, null, 2) : table);
  for (const line of missed) console.error(`bench: target missed: ${line}`);
  if (missed.length > 0) process.exitCode = 1;
}
