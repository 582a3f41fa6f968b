/**
 * One run of the ingest benchmark: so many beats a second, for so long, to one receiver, and what became of them.
 * Sender and receivers are processes of their own; CPU is that of the receiving process alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BenchChild } from './bench-child.ts';
import {
  isReading,
  isSendAnswer,
  type Reading,
  type ReceiverKind,
  type ReceiverQuestion,
  type SendAnswer,
  type SendQuestion,
  type SendShape,
} from './ingest-messages.ts';

/** A receiver is drained when its count has stood still for so long; its counters come out every 50 ms. */
const STILL_MS = 150;
const DRAIN_WITHIN_MS = 3_000;

export type IngestRun = {
  readonly receiver: ReceiverKind;
  readonly shape: SendShape;
  /** Asked for, and what the sender managed, beats a second. */
  readonly wantedPerSecond: number;
  readonly sentPerSecond: number;
  readonly sent: number;
  /** Beats; for a control, which counts datagrams, as many as came in them. */
  readonly read: number;
  readonly rejected: number;
  readonly lossShare: number;
  readonly cpuUsPerBeat: number;
};

export class IngestRuns {
  readonly #receivers: Readonly<Record<ReceiverKind, BenchChild<ReceiverQuestion, Reading>>>;
  readonly #sender: BenchChild<SendQuestion, SendAnswer>;
  readonly all: IngestRun[] = [];

  constructor() {
    const module = new URL('./ingest-receiver.ts', import.meta.url);
    const start = (kind: ReceiverKind) =>
      new BenchChild<ReceiverQuestion, Reading>(module, [kind], isReading);
    this.#receivers = { engine: start('engine'), discard: start('discard'), bare: start('bare') };
    this.#sender = new BenchChild(new URL('./ingest-sender.ts', import.meta.url), [], isSendAnswer);
  }

  reading(kind: ReceiverKind): Promise<Reading> {
    return this.#receivers[kind].ask({ ask: 'reading' });
  }

  /** Sends, waits until all that came was read, and tells. Rejects when a process fails. */
  async run(
    receiver: ReceiverKind,
    shape: SendShape,
    wantedPerSecond: number,
    forMs: number,
  ): Promise<IngestRun> {
    const before = await this.reading(receiver);
    const { port } = before;
    const answer = await this.#sender.ask({ port, perSecond: wantedPerSecond, forMs, shape });
    const after = await this.#drained(receiver);
    const { sent, datagrams, tookMs } = answer;
    const counted = after.read - before.read;
    const read = receiver === 'engine' ? counted : (counted * sent) / datagrams;
    const run: IngestRun = {
      receiver,
      shape,
      wantedPerSecond,
      sentPerSecond: (sent * 1_000) / tookMs,
      sent,
      read,
      rejected: after.rejected - before.rejected,
      lossShare: 1 - read / sent,
      cpuUsPerBeat: (after.cpuUs - before.cpuUs) / read,
    };
    this.all.push(run);
    return run;
  }

  end(): void {
    for (const child of [...Object.values(this.#receivers), this.#sender]) child.end();
  }

  async #drained(receiver: ReceiverKind): Promise<Reading> {
    let last = await this.reading(receiver);
    for (let waitedMs = 0; waitedMs < DRAIN_WITHIN_MS; waitedMs += STILL_MS) {
      await pause(STILL_MS);
      const next = await this.reading(receiver);
      if (next.read === last.read) return next;
      last = next;
    }
    return last;
  }
}
