/** A shard with a hand-turned clock and hosts by name, for tests. */
import { encodeHeader, encodeHello, MessageType, REJECT_REASONS } from '../../../lib/protocol/heartbeat.ts';
import { canonicalLabels, HostState, STATE_MASK, STATE_NAMES } from '../../../lib/protocol/host.ts';
import { hostIdBytes, hostIdHex } from '../../host-id.ts';
import { type DetectorPolicies, NO_POLICIES } from '../detector/policies.ts';
import { type HostDescription, type ShardBatch, TransitionNote } from '../events.ts';
import { type HostColumnsView, viewHostColumns } from '../host-columns-view.ts';
import { packRestored, type RestoredHost } from '../known-hosts.ts';
import { allocateShardMemory, openShardColumns, type ShardColumns } from '../layout.ts';
import type { ObservedClock } from '../observed-clock.ts';
import { type HandOver, Shard } from '../shard.ts';
import { SourceBook } from '../source-book.ts';
import type { TagGate } from '../tags/tag-gate.ts';
import type { TimeoutPolicy } from '../timeout-class.ts';

export const POLICY: TimeoutPolicy = { misses: 5, minTimeoutMs: 500, maxTimeoutMs: 3_600_000 };
export const START_MS = 1_800_000_000_000;
export const INCARNATION = START_MS - 60_000;

const KIND_NAMES = ['', 'pending', 'up', 'late', 'down', 'left', 'restarted'];

export type BeatFields = {
  seq?: number;
  incarnation?: number;
  intervalMs?: number;
  type?: 1 | 2 | 3;
  lateMs?: number;
};

export type ProbeEvent = {
  row: number;
  host: string;
  kind: string;
  reason: number;
  heardOnce: boolean;
  unheard: boolean;
  atMs: number;
  lastSeenAtMs: number;
  lost: number;
  expected: number;
};

/** An untagged binary header of a host. */
export function beatBytes(host: string, fields: BeatFields = {}): Uint8Array {
  const bytes = new Uint8Array(32);
  encodeHeader(new DataView(bytes.buffer), 0, {
    type: fields.type ?? MessageType.beat,
    hostId: hostIdBytes(host),
    incarnation: fields.incarnation ?? INCARNATION,
    seq: fields.seq ?? 1,
    clockMs: 0,
    intervalMs: fields.intervalMs ?? 1_000,
    lateMs: fields.lateMs ?? 0,
  });
  return bytes;
}

export function helloBytes(
  host: string,
  labels: Record<string, string> = {},
  fields: BeatFields & { idOf?: string } = {},
): Uint8Array {
  return encodeHello(
    {
      type: MessageType.hello,
      hostId: hostIdBytes(fields.idOf ?? host),
      incarnation: fields.incarnation ?? INCARNATION,
      seq: fields.seq ?? 1,
      clockMs: 0,
      intervalMs: fields.intervalMs ?? 1_000,
      lateMs: 0,
    },
    host,
    canonicalLabels(Object.entries(labels)),
  );
}

export function restoredHosts(hosts: Record<string, Partial<RestoredHost>>): RestoredHost[] {
  return Object.entries(hosts).map(([name, fields]) => ({
    id: hostIdHex(name),
    intervalMs: 1_000,
    state: 'pending',
    confirmed: true,
    named: true,
    ...fields,
  }));
}

export function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Where the datagram stands in the memory the shard is given: never at its beginning, never up to its end. */
const DATAGRAM_AT = 24;
const SLOT_BYTES = 2_048;

export class ShardProbe {
  readonly columns: ShardColumns;
  readonly shard: Shard;
  readonly book: SourceBook;
  /** What was handed over: owner, bytes, source, connection. */
  readonly handedOver: { owner: number; bytes: Uint8Array; source: string; connection: number }[] = [];
  /** Number of the TCP connection datagrams come over, 0 = UDP. */
  connection = 0;
  nowMs = START_MS;
  source = '127.0.0.1';
  readonly events: ProbeEvent[] = [];
  readonly described: HostDescription[] = [];
  readonly sources: (readonly [number, string])[] = [];
  readonly refused: string[] = [];
  readonly #policy: TimeoutPolicy;
  readonly #policies: DetectorPolicies;
  readonly #nameOfRow = new Map<number, string>();

  constructor(
    options: {
      maxHosts?: number;
      policy?: TimeoutPolicy;
      policies?: DetectorPolicies;
      hostCount?: Int32Array;
      clock?: ObservedClock;
      shard?: number;
      shards?: number;
      /** Makes the gate from the book of addresses and the number of rows. */
      tags?: (book: SourceBook, rows: number) => TagGate;
      sourceCapacity?: number;
    } = {},
  ) {
    const maxHosts = options.maxHosts ?? 64;
    const { shard = 0, shards = 1 } = options;
    this.book = new SourceBook(options.sourceCapacity ?? maxHosts + 1_024);
    this.#policy = options.policy ?? POLICY;
    this.#policies = options.policies ?? NO_POLICIES;
    this.columns = openShardColumns(allocateShardMemory(maxHosts), maxHosts);
    const handOver: HandOver = (owner, bytes, at, length, source, connection) => {
      const copy = bytes.slice(at, at + length);
      this.handedOver.push({ owner, bytes: copy, source: this.book.addressOf(source), connection });
      return true;
    };
    this.shard = new Shard({
      shard,
      shards,
      sources: this.book,
      tags: options.tags?.(this.book, this.columns.rows) ?? null,
      handOver: shards === 1 ? null : handOver,
      columns: this.columns,
      hostCount: options.hostCount ?? new Int32Array(1),
      maxHosts,
      policy: this.#policy,
      policies: this.#policies,
      seed: 0x5eed,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    });
  }

  /** Hosts known from before, in the rows from 0 on; pending, confirmed and named unless they say otherwise. */
  restore(hosts: Record<string, Partial<RestoredHost>>): void {
    const columns = packRestored(restoredHosts(hosts));
    this.shard.restore(columns, 0, columns.length, this.nowMs);
    Object.keys(hosts).forEach((name, row) => {
      this.#nameOfRow.set(row, name);
    });
    this.collect();
  }

  expect(name: string, fields: { labels?: Record<string, string>; intervalMs?: number } = {}): void {
    const { labels = {}, intervalMs = 1_000 } = fields;
    this.shard.expect({ id: hostIdHex(name), name, labels, intervalMs }, this.nowMs);
    this.collect();
  }

  send(bytes: Uint8Array): string {
    const before = [...this.shard.counters.rejected];
    const accepted = this.shard.counters.accepted;
    // Other bytes stand around a datagram in a receiver's memory: none of them may count.
    const slot = new Uint8Array(SLOT_BYTES).fill(0xb7);
    slot.set(bytes, DATAGRAM_AT);
    const source = this.book.ofText(this.source);
    this.shard.receive(slot, DATAGRAM_AT, bytes.length, source, this.nowMs, this.connection);
    this.collect();
    const verdicts = REJECT_REASONS.flatMap((reason, i) =>
      Array<string>(this.shard.counters.rejected[i]! - before[i]!).fill(reason),
    );
    verdicts.unshift(...Array<string>(this.shard.counters.accepted - accepted).fill('accepted'));
    return verdicts.join(' ');
  }

  text(line: string): string {
    return this.send(new TextEncoder().encode(line));
  }

  beat(host: string, fields: BeatFields = {}): string {
    return this.send(beatBytes(host, fields));
  }

  bye(host: string, fields: BeatFields = {}): string {
    return this.send(beatBytes(host, { ...fields, type: MessageType.bye }));
  }

  hello(
    host: string,
    labels: Record<string, string> = {},
    fields: BeatFields & { idOf?: string } = {},
  ): string {
    return this.send(helloBytes(host, labels, fields));
  }

  /** The connection of the host ended. */
  ended(host: string, connection: number, how: 'closed' | 'reset'): void {
    const id = hostIdHex(host);
    const high = Number.parseInt(id.slice(0, 8), 16);
    const low = Number.parseInt(id.slice(8), 16);
    this.shard.ended(high, low, connection, how, this.nowMs);
    this.collect();
  }

  tick(horizonMs = this.nowMs): boolean {
    const more = this.shard.tick(this.nowMs, horizonMs);
    this.collect();
    return more;
  }

  /** Time passes while the loop turns every `stepMs`; the new events, as words. */
  pass(spanMs: number, stepMs = 10): string[] {
    const seen = this.events.length;
    const endMs = this.nowMs + spanMs;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + stepMs);
      this.tick();
    }
    return this.events.slice(seen).map(({ host, kind }) => `${host} ${kind}`);
  }

  /** Time passes while nobody listens. */
  stall(spanMs: number): void {
    this.nowMs += spanMs;
  }

  /** Events since the last call, as words. */
  news(): string[] {
    return this.events.splice(0).map(({ host, kind }) => `${host} ${kind}`);
  }

  read(host: string): HostColumnsView {
    return viewHostColumns(this.columns, this.rowOf(host), this.#policy, this.#policies);
  }

  state(host: string): string {
    const row = this.#find(host);
    return row === -1 ? 'unknown' : STATE_NAMES[this.columns.state[row]! & STATE_MASK]!;
  }

  rowOf(host: string): number {
    const row = this.#find(host);
    if (row === -1) throw new Error(`${host} is not in the shard`);
    return row;
  }

  #find(host: string): number {
    const id = hostIdHex(host);
    const high = Number.parseInt(id.slice(0, 8), 16);
    const low = Number.parseInt(id.slice(8), 16);
    const { state, idHigh, idLow, rows } = this.columns;
    for (let row = 0; row < rows; row++) {
      if ((state[row]! & STATE_MASK) !== HostState.empty && idHigh[row] === high && idLow[row] === low)
        return row;
    }
    return -1;
  }

  collect(): ShardBatch {
    const batch = this.shard.take();
    for (const description of batch.described) {
      this.described.push(description);
      this.#nameOfRow.set(description.row, description.name ?? description.hostId);
    }
    this.sources.push(...batch.sources);
    this.refused.push(...(batch.refused ?? []));
    const { transitions } = batch;
    for (let i = 0; i < transitions.length; i++) {
      this.events.push({
        row: transitions.rows[i]!,
        host: this.#nameOfRow.get(transitions.rows[i]!) ?? `row ${transitions.rows[i]}`,
        kind: KIND_NAMES[transitions.kinds[i]!]!,
        reason: transitions.reasons[i]!,
        heardOnce: (transitions.notes[i]! & TransitionNote.heardOnce) !== 0,
        unheard: (transitions.notes[i]! & TransitionNote.unheard) !== 0,
        atMs: transitions.atMs[i]!,
        lastSeenAtMs: transitions.lastSeenAtMs[i]!,
        lost: transitions.lostBeats[i]!,
        expected: transitions.expectedBeats[i]!,
      });
    }
    return batch;
  }
}
