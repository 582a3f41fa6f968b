/**
 * One run of the ingest benchmark: so many beats a second, for so long, to one receiver, and what became of them.
 * Sender and receivers are processes of their own; CPU is that of the receiving process alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BenchChild } from './bench-child.ts';
import {
  isReading,
  isSendAnswer,
  isSignedReceiver,
  type Reading,
  type ReceiverKind,
  type ReceiverQuestion,
  type SendAnswer,
  type SendQuestion,
  type SendShape,
  type SignedReceiver,
} from './ingest-messages.ts';

/** A receiver is drained when its count has stood still for so long; its counters come out every 50 ms. */
const STILL_MS = 150;
/** A large buffer and slow work: what waits is read before the next run. */
const DRAIN_WITHIN_MS = 10_000;
const PROOF_PER_SECOND = 2_000;
const PROOF_MS = 250;

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
  /** Of what was sent, how much had not been read when the last beat left; the counters themselves are up to 50 ms old. */
  readonly behindShare: number;
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
    this.#receivers = {
      ...{ engine: start('engine'), discard: start('discard'), bare: start('bare'), pieces: start('pieces') },
      ...{ signed: start('signed'), verify: start('verify') },
    };
    this.#sender = new BenchChild(new URL('./ingest-sender.ts', import.meta.url), [], isSendAnswer);
  }

  reading(kind: ReceiverKind): Promise<Reading> {
    return this.#receivers[kind].ask({ ask: 'reading' });
  }

  /**
   * Sends, waits until all that came was read, and tells. Rejects when a process fails, or when a signed beat that was
   * read was not accepted: the figure would be that of something else.
   */
  async run(
    receiver: ReceiverKind,
    shape: SendShape,
    wantedPerSecond: number,
    forMs: number,
  ): Promise<IngestRun> {
    const signed = isSignedReceiver(receiver);
    const run = await this.#send(receiver, shape, wantedPerSecond, forMs, signed);
    if (signed && run.rejected > 0)
      throw new Error(`${receiver} did not accept ${run.rejected} of ${run.read} signed beats`);
    this.all.push(run);
    return run;
  }

  /** Rejects unless the receiver takes none of a few beats without a tag: only so, what it accepts was verified. */
  async provePlainRefused(receiver: SignedReceiver): Promise<void> {
    const { sent, rejected } = await this.#send(receiver, 'direct', PROOF_PER_SECOND, PROOF_MS, false);
    if (sent === 0 || rejected !== sent)
      throw new Error(`${receiver} refused ${rejected} of ${sent} beats without a tag; it must refuse all`);
  }

  async #send(
    receiver: ReceiverKind,
    shape: SendShape,
    wantedPerSecond: number,
    forMs: number,
    signed: boolean,
  ): Promise<IngestRun> {
    const before = await this.reading(receiver);
    const { port } = before;
    const answer = await this.#sender.ask({ port, perSecond: wantedPerSecond, forMs, shape, signed });
    const atEnd = await this.reading(receiver);
    const after = await this.#drained(receiver, atEnd);
    const { sent, datagrams, tookMs } = answer;
    const perCount = receiver === 'engine' || receiver === 'signed' ? 1 : sent / datagrams;
    const readBy = (reading: Reading): number => (reading.read - before.read) * perCount;
    const read = readBy(after);
    return {
      receiver,
      shape,
      wantedPerSecond,
      sentPerSecond: (sent * 1_000) / tookMs,
      sent,
      read,
      rejected: after.rejected - before.rejected,
      lossShare: 1 - read / sent,
      behindShare: 1 - readBy(atEnd) / sent,
      cpuUsPerBeat: (after.cpuUs - before.cpuUs) / read,
    };
  }

  end(): void {
    for (const child of [...Object.values(this.#receivers), this.#sender]) child.end();
  }

  async #drained(receiver: ReceiverKind, first: Reading): Promise<Reading> {
    let last = first;
    for (let waitedMs = 0; waitedMs < DRAIN_WITHIN_MS; waitedMs += STILL_MS) {
      await pause(STILL_MS);
      const next = await this.reading(receiver);
      if (next.read === last.read) return next;
      last = next;
    }
    return last;
  }
}
