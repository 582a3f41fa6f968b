/**
 * What a shard's thread does, whatever drives it: hands what is read to the pure shard, or to the hold before there
 * is one, ticks it, has its news and its counters published, does what main asks for. Knows no rule of liveness and
 * no loop: see shard.worker.ts.
 */
import type { Clock } from '../clock.ts';
import { type OnRecord, RecordKind, sourceOfWords } from './hand-over.ts';
import { Hold } from './hold.ts';
import { openShardColumns, openTagMarks, rowsFor } from './layout.ts';
import { u32be } from './message-fields.ts';
import { ObservedClock } from './observed-clock.ts';
import { leastMisses } from './raised-bar.ts';
import type { Receiver, ReceiverHandlers } from './receiver/receiver.ts';
import { SelfDoubt } from './self-doubt.ts';
import { Shard } from './shard.ts';
import {
  CONTROL,
  type FromShard,
  MARK,
  type ShardMemory,
  type ShardSetup,
  type Wish,
} from './shard-messages.ts';
import { ShardNews } from './shard-news.ts';
import { ShardPublisher } from './shard-publisher.ts';
import { ShardRings } from './shard-rings.ts';
import { SourceBook } from './source-book.ts';
import { placedRows } from './succession.ts';
import { TagGate } from './tags/tag-gate.ts';

/** Source addresses kept beyond one a row: hosts move. */
const SPARE_SOURCES = 1_024;

export type RunnerEnvironment = {
  readonly clock: Clock;
  /** The time of day, ms since the epoch; it may step. */
  readonly wallMs: () => number;
  /** How long the machine has been suspended since it booted, ms; 0 where that cannot be known. */
  readonly suspendedMs: () => number;
  post(message: FromShard, transfer?: ArrayBuffer[]): void;
  /** There is work now that does not wait for datagrams: see `isBusy`. */
  onBusy(): void;
};

export class ShardRunner {
  readonly handlers: ReceiverHandlers;
  readonly sources: SourceBook;
  readonly #setup: ShardSetup;
  readonly #environment: RunnerEnvironment;
  readonly #observed = new ObservedClock();
  readonly #doubt: SelfDoubt;
  readonly #publisher: ShardPublisher;
  readonly #rings: ShardRings;
  readonly #news: ShardNews;
  /** What main asked for during the hold, in order. */
  readonly #waiting: Wish[] = [];
  #receiver: Receiver | undefined;
  /** Who may have sent is not known before `restore`: until all that came in has been judged, there is a hold. */
  #hold: Hold | null;
  #shard: Shard | null = null;
  #restoring: Wish | undefined;
  #holdLost = 0;
  /** Of the batch that is being read. */
  #nowMs = 0;
  #datagrams = 0;
  #tickedAtMs = Number.NEGATIVE_INFINITY;
  #horizonMs = Number.NEGATIVE_INFINITY;
  #moreToJudge = false;
  #moreToTake = false;
  #failed = false;

  constructor(setup: ShardSetup, environment: RunnerEnvironment) {
    this.#setup = setup;
    this.#environment = environment;
    const { columns, firstSource, policy, shard, adopts } = setup;
    const nowMs = environment.clock();
    const capacity = firstSource + rowsFor(columns?.capacity ?? setup.maxHosts) + SPARE_SOURCES;
    this.sources = new SourceBook(capacity, firstSource);
    this.#news = new ShardNews(setup.tickMs, setup.control, environment.post);
    this.#rings = new ShardRings(shard, setup.ringsIn, setup.ringsOut, this.sources);
    const together = setup.sockets.receiver === 'dgram' && setup.shards > 1;
    const { suspendedMs } = environment;
    this.#doubt = new SelfDoubt(
      this.#observed,
      policy.misses,
      leastMisses(policy, setup.policies),
      shard,
      setup.doubts,
      together,
      suspendedMs,
    );
    this.#publisher = new ShardPublisher(setup.stats, this.#observed, adopts, nowMs);
    // What was read and not judged is lost, and which spans were blind before is not known here.
    if (adopts) this.#observed.takeOver(this.#publisher.leftAtMs, nowMs);
    this.#hold = setup.holds ? new Hold(this.#observed, this.sources) : null;
    if (columns !== null) {
      this.#shard = this.#openShard(columns);
      if (adopts) {
        this.#shard.adopt(nowMs);
        // What the one before had not sent.
        this.#send(nowMs);
      }
    }
    this.handlers = {
      onBatch: () => this.#turn(environment.clock()),
      onDatagram: this.#onDatagram,
      onHorizon: this.#onHorizon,
      onFault: (error) => this.#fault(`stopped listening: ${error.message}`),
    };
  }

  /** There is work that does not wait for datagrams: call `work` between two turns of reading. */
  get isBusy(): boolean {
    return this.#moreToJudge || this.#moreToTake || this.#restoring !== undefined;
  }

  /** The sockets are bound. */
  run(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#hold?.listening(this.#environment.clock());
    this.tick();
    const { addresses, receiveBufferBytes } = receiver;
    this.#environment.post({ mark: MARK, type: 'ready', addresses, receiveBufferBytes });
  }

  /** A bounded portion of what is to be done: what others handed over, the hold's end, verdicts. */
  work(): void {
    const nowMs = this.#environment.clock();
    this.#turn(nowMs);
    this.takeFromRings();
    if (this.#hold !== null) this.#endHold(nowMs);
    else if (this.#moreToJudge) this.#judge();
  }

  /** What other threads handed over: it is taken to arrive now. Cheap when there is nothing. */
  takeFromRings(): void {
    if (!this.#rings.isEmpty) this.#turn(this.#environment.clock());
    this.#moreToTake = this.#rings.take(this.#onRecord);
    if (this.#moreToTake) this.#environment.onBusy();
  }

  /** Once a tick. */
  tick(): void {
    const receiver = this.#receiver!;
    // Taken before the marker is sent, so that it is never later than what the marker has behind it.
    const nowMs = this.#environment.clock();
    this.#turn(nowMs);
    receiver.mark(nowMs);
    this.takeFromRings();
    this.#doubt.tick(
      this.#droppedEver(receiver),
      this.#datagrams,
      receiver.horizonMs(),
      nowMs,
      receiver.markers?.(),
    );
    this.#rings.share(receiver.horizonMs());
    if (this.#hold === null && !this.#moreToJudge) this.#judge();
    this.#send(nowMs);
    this.#publish(nowMs);
    this.#tickedAtMs = nowMs;
  }

  /** What main asked for; in a hold it is done after it. */
  obey(wish: Wish): void {
    this.#turn(this.#environment.clock());
    if (wish.type === 'restore') this.#restore(wish);
    else if (this.#hold !== null || this.#shard === null) this.#waiting.push(wish);
    else this.#fulfil(wish, this.#shard);
  }

  /** After the receiver was closed: the last news, the last counts. */
  finish(): void {
    this.takeFromRings();
    const nowMs = this.#environment.clock();
    if (this.#shard !== null) this.#news.sendAll(this.#shard, nowMs);
    this.#publish(nowMs);
  }

  #openShard({ memory, capacity }: ShardMemory): Shard {
    const { shard, shards, hostCount, maxHosts, policy, policies, seed, tags } = this.#setup;
    const opened = new Shard({
      ...{ shard, shards, maxHosts, policy, policies, seed },
      columns: openShardColumns(memory, capacity),
      hostCount: new Int32Array(hostCount),
      clock: this.#observed,
      sources: this.sources,
      tags: tags === null ? null : new TagGate(tags, this.sources, openTagMarks(memory, capacity), shards),
      handOver: this.#rings.handOver,
    });
    this.#publisher.goOn(opened.counters);
    return opened;
  }

  #turn(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#doubt.turn(nowMs);
    if (this.#hold !== null) this.#hold.turn(nowMs);
    else this.#observed.alive(nowMs);
  }

  readonly #onDatagram = (bytes: Uint8Array, at: number, length: number, source: number): void => {
    this.#datagrams++;
    if (this.#hold === null && this.#shard !== null) {
      this.#shard.receive(bytes, at, length, source, this.#nowMs);
      this.#news.sendWhenDue(this.#shard, this.#nowMs);
      return;
    }
    const own = this.#rings.strangers?.handOn(bytes, at, length, source, 0) ?? length;
    if (own < length && own === 0) return;
    this.#hold?.receive(RecordKind.message, bytes, at, own, source, this.#nowMs, 0);
  };

  readonly #onRecord: OnRecord = (kind, bytes, length, address, connection) => {
    const source = sourceOfWords(this.sources, address);
    if (this.#hold !== null || this.#shard === null) {
      // Main sends a bundle whole: its other hosts' shards may be done with their hold before this one is.
      const isMessage = kind === RecordKind.message;
      const own = isMessage
        ? (this.#rings.strangers?.handOn(bytes, 0, length, source, connection) ?? length)
        : length;
      if (own > 0 || length === 0) this.#hold?.receive(kind, bytes, 0, own, source, this.#nowMs, connection);
      return;
    }
    if (kind === RecordKind.message) {
      this.#shard.receive(bytes, 0, length, source, this.#nowMs, connection);
    } else {
      const how = kind === RecordKind.closed ? 'closed' : 'reset';
      this.#shard.ended(u32be(bytes, 0), u32be(bytes, 4), connection, how, this.#nowMs);
    }
    this.#news.sendWhenDue(this.#shard, this.#nowMs);
  };

  /** Everything up to the horizon has been read: judge at once, not a tick later, but once a tick is enough. */
  readonly #onHorizon = (): void => {
    this.#rings.share(this.#receiver?.horizonMs() ?? Number.NEGATIVE_INFINITY);
    if (this.#hold === null && !this.#moreToJudge && this.#horizonMs < this.#tickedAtMs) this.#judge();
  };

  /** Judges in bounded portions, so that reading never waits for a mass outage to be told. */
  #judge(): void {
    const shard = this.#shard;
    const receiver = this.#receiver;
    if (shard === null || receiver === undefined || this.#failed) return;
    const horizonMs = Math.min(receiver.horizonMs(), this.#rings.horizonMs);
    if (!this.#moreToJudge && !(horizonMs > this.#horizonMs)) return;
    const nowMs = this.#environment.clock();
    this.#horizonMs = Math.max(horizonMs, this.#horizonMs);
    this.#moreToJudge = shard.tick(nowMs, this.#horizonMs, this.#environment.wallMs(), this.#doubt.misses);
    if (this.#moreToJudge) this.#environment.onBusy();
    this.#send(nowMs);
  }

  #droppedEver(receiver: Receiver): number {
    return receiver.kernelDrops() + (this.#hold?.lost ?? this.#holdLost) + this.#rings.dropped;
  }

  #send(nowMs: number): void {
    if (this.#shard !== null) this.#news.send(this.#shard, nowMs);
  }

  #publish(nowMs: number): void {
    const { misses, dropShare, sleptMs } = this.#doubt;
    if (this.#shard !== null) this.#news.publish(this.#shard);
    const dropped = this.#receiver === undefined ? 0 : this.#droppedEver(this.#receiver);
    this.#publisher.publish({ nowMs, dropped, horizonMs: this.#horizonMs, misses, dropShare, sleptMs });
  }

  #restore(wish: Wish & { type: 'restore' }): void {
    const hold = this.#hold;
    if (hold === null || this.#restoring !== undefined) {
      this.#fault('a shard is restored once, and only when it holds');
      return;
    }
    const columns = openShardColumns(wish.columns.memory, wish.columns.capacity);
    const from = this.#shard === null ? 0 : placedRows(columns, wish.hosts.length);
    this.#shard ??= this.#openShard(wish.columns);
    hold.restore(this.#shard, wish.hosts, from);
    this.#restoring = wish;
    this.#environment.onBusy();
  }

  /** The hold's work, a portion between two turns of reading; at its end all that was read has been judged. */
  #endHold(nowMs: number): void {
    const hold = this.#hold;
    const restoring = this.#restoring;
    const shard = this.#shard;
    if (hold === null || restoring === undefined || shard === null) return;
    try {
      if (!hold.portion(nowMs, () => this.#send(nowMs))) return;
    } catch (error) {
      // It would go wrong again in a successor.
      this.#failed = true;
      this.#restoring = undefined;
      this.#fault(`judges nobody: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    this.#holdLost = hold.lost;
    this.#hold = null;
    this.#restoring = undefined;
    this.#publisher.beginRate(nowMs);
    for (const wish of this.#waiting.splice(0)) this.#fulfil(wish, shard);
    this.#done(restoring);
    this.#judge();
    this.#publish(this.#environment.clock());
  }

  #fulfil(wish: Wish, shard: Shard): void {
    const nowMs = this.#environment.clock();
    if (wish.type === 'remove') shard.remove(wish.row, nowMs);
    else if (wish.type === 'expect') {
      shard.expect(wish.host, nowMs);
      this.#news.sendWhenDue(shard, nowMs);
    }
    this.#done(wish);
  }

  #done(wish: Wish): void {
    const control = new Int32Array(this.#setup.control);
    if (control[CONTROL.fulfilled]! < wish.number) Atomics.store(control, CONTROL.fulfilled, wish.number);
  }

  #fault(why: string): void {
    this.#environment.post({ mark: MARK, type: 'fault', message: `shard ${this.#setup.shard} ${why}` });
  }
}
