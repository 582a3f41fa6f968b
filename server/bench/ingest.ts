/**
 * What a heartbeat costs: our engine beside a bare node:dgram counter, in turns, at rising rates, over loopback.
 * Sender and receivers are processes of their own; CPU is that of the receiving process alone. About 75 s.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BenchChild } from './bench-child.ts';
import {
  BENCH_HOSTS,
  isReading,
  isSendAnswer,
  type Reading,
  type ReceiverKind,
  type ReceiverQuestion,
  type SendAnswer,
  type SendQuestion,
} from './ingest-messages.ts';
import { type Machine, machine, median } from './statistics.ts';

const RATES = [20_000, 50_000, 100_000, 150_000, 200_000];
const ROUNDS = 3;
const RUN_MS = 2_000;
const WARM_UP_MS = 2_000;
/** A receiver is drained when its count has stood still for so long; its counters come out every 50 ms. */
const STILL_MS = 150;
const DRAIN_WITHIN_MS = 2_000;

export type IngestRun = {
  readonly receiver: ReceiverKind;
  readonly round: number;
  /** Asked for, and what the sender managed, datagrams a second. */
  readonly wantedPerSecond: number;
  readonly sentPerSecond: number;
  readonly sent: number;
  readonly read: number;
  readonly rejected: number;
  readonly lossShare: number;
  readonly cpuUsPerBeat: number;
};

export type IngestRate = {
  readonly wantedPerSecond: number;
  /** Medians over the rounds. */
  readonly engine: Pick<IngestRun, 'sentPerSecond' | 'lossShare' | 'cpuUsPerBeat'>;
  readonly bare: Pick<IngestRun, 'sentPerSecond' | 'lossShare' | 'cpuUsPerBeat'>;
  /** Median of the rounds' own ratios, engine to bare. */
  readonly cpuRatio: number;
};

export type IngestResult = {
  readonly machine: Machine;
  readonly hosts: number;
  readonly receiveBufferBytes: { readonly engine: number; readonly bare: number };
  readonly rates: readonly IngestRate[];
  readonly runs: readonly IngestRun[];
};

type Receiver = BenchChild<ReceiverQuestion, Reading>;
type Sender = BenchChild<SendQuestion, SendAnswer>;

async function drained(receiver: Receiver): Promise<Reading> {
  let last = await receiver.ask({ ask: 'reading' });
  for (let waitedMs = 0; waitedMs < DRAIN_WITHIN_MS; waitedMs += STILL_MS) {
    await pause(STILL_MS);
    const next = await receiver.ask({ ask: 'reading' });
    if (next.read === last.read) return next;
    last = next;
  }
  return last;
}

async function measure(
  kind: ReceiverKind,
  receiver: Receiver,
  sender: Sender,
  wantedPerSecond: number,
  round: number,
): Promise<IngestRun> {
  const before = await receiver.ask({ ask: 'reading' });
  const { sent, tookMs } = await sender.ask({ port: before.port, perSecond: wantedPerSecond, forMs: RUN_MS });
  const after = await drained(receiver);
  const read = after.read - before.read;
  return {
    receiver: kind,
    round,
    wantedPerSecond,
    sentPerSecond: (sent * 1_000) / tookMs,
    sent,
    read,
    rejected: after.rejected - before.rejected,
    lossShare: 1 - read / sent,
    cpuUsPerBeat: (after.cpuUs - before.cpuUs) / read,
  };
}

function summarise(runs: readonly IngestRun[], wantedPerSecond: number): IngestRate {
  const of = (kind: ReceiverKind) =>
    runs.filter((run) => run.receiver === kind && run.wantedPerSecond === wantedPerSecond);
  const medians = (kind: ReceiverKind) => ({
    sentPerSecond: median(of(kind).map((run) => run.sentPerSecond)),
    lossShare: median(of(kind).map((run) => run.lossShare)),
    cpuUsPerBeat: median(of(kind).map((run) => run.cpuUsPerBeat)),
  });
  const bare = of('bare');
  return {
    wantedPerSecond,
    engine: medians('engine'),
    bare: medians('bare'),
    cpuRatio: median(of('engine').map((run, i) => run.cpuUsPerBeat / bare[i]!.cpuUsPerBeat)),
  };
}

/** Runs it all; `say` takes lines of progress. Rejects when a process fails. */
export async function benchIngest(say: (line: string) => void): Promise<IngestResult> {
  const receiverModule = new URL('./ingest-receiver.ts', import.meta.url);
  const receivers = {
    engine: new BenchChild<ReceiverQuestion, Reading>(receiverModule, ['engine'], isReading),
    bare: new BenchChild<ReceiverQuestion, Reading>(receiverModule, ['bare'], isReading),
  };
  const sender = new BenchChild<SendQuestion, SendAnswer>(
    new URL('./ingest-sender.ts', import.meta.url),
    [],
    isSendAnswer,
  );
  try {
    const ports = {
      engine: await receivers.engine.ask({ ask: 'reading' }),
      bare: await receivers.bare.ask({ ask: 'reading' }),
    };
    // Every host is registered, and both are compiled, before anything is measured.
    for (const kind of ['engine', 'bare'] as const) {
      await sender.ask({ port: ports[kind].port, perSecond: RATES[0]!, forMs: WARM_UP_MS });
      await drained(receivers[kind]);
    }
    const runs: IngestRun[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      for (const rate of RATES) {
        // Whoever is second finds a warmer machine: take turns.
        const order = round % 2 === 1 ? (['engine', 'bare'] as const) : (['bare', 'engine'] as const);
        for (const kind of order) runs.push(await measure(kind, receivers[kind], sender, rate, round));
        say(`round ${round} of ${ROUNDS}: ${rate.toLocaleString('en-US')} datagrams/s done`);
      }
    }
    return {
      machine: machine(),
      hosts: BENCH_HOSTS,
      receiveBufferBytes: {
        engine: ports.engine.receiveBufferBytes,
        bare: ports.bare.receiveBufferBytes,
      },
      rates: RATES.map((rate) => summarise(runs, rate)),
      runs,
    };
  } finally {
    for (const child of [receivers.engine, receivers.bare, sender]) child.end();
  }
}

/** The result as a Markdown table with a line about the machine. */
export function ingestTable(result: IngestResult): string {
  const rate = (n: number) => Math.round(n).toLocaleString('en-US');
  const share = (n: number) => `${(100 * Math.max(0, n)).toFixed(2)} %`;
  const rows = result.rates.map(({ wantedPerSecond, engine, bare, cpuRatio }) =>
    [
      rate(wantedPerSecond),
      rate(engine.sentPerSecond),
      share(engine.lossShare),
      engine.cpuUsPerBeat.toFixed(2),
      rate(bare.sentPerSecond),
      share(bare.lossShare),
      bare.cpuUsPerBeat.toFixed(2),
      cpuRatio.toFixed(2),
    ].join(' | '),
  );
  const rejected = result.runs.reduce((sum, run) => sum + run.rejected, 0);
  const { machine, receiveBufferBytes: buffer } = result;
  return [
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ${rate(result.hosts)} hosts; receive buffer ${rate(buffer.engine)} and ${rate(buffer.bare)} bytes; ${rate(rejected)} rejected; medians of ${ROUNDS} rounds.`,
    '',
    '| wanted/s | engine: sent/s | loss | CPU µs a beat | bare node:dgram: sent/s | loss | CPU µs a datagram | CPU ratio |',
    '|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}
