/**
 * The book against a model that keeps every episode in a list and scans it: no indexes, no deadlines, no
 * forgetting, and of acknowledgements a list of what was decided, from which a refused one is struck out. Any
 * sequence of acts on a few hosts must leave both with the same open episodes and answers, also over restarts.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlertBook, type AlertChange, type Decision, type EpisodeRecord } from './alert-book.ts';

const HOSTS = ['00000000000000a1', '00000000000000a2', '00000000000000a3'];
const SEED = 20_261;
const verdict = { reason: 'r', evidence: null };

type ModelAck = { by: string; at: number; expiresAt: number | null; batch: string };
type ModelEpisode = {
  host: string;
  number: number;
  openedAt: number;
  seq: number;
  timeoutMs: number;
  closed: null | { at: number; by: 'up' | 'left' | 'removed' };
  /** What was decided of its acknowledgement, oldest first; the last one is in force. */
  decided: { command: number; ack: ModelAck | null }[];
};

const ackOf = (episode: ModelEpisode): ModelAck | null => episode.decided.at(-1)?.ack ?? null;
const isLapsed = (ack: ModelAck | null, nowMs: number): boolean =>
  ack !== null && ack.expiresAt !== null && ack.expiresAt <= nowMs;

class Model {
  episodes: ModelEpisode[] = [];
  /** Batches whose undo was asked for and not refused. */
  undone = new Set<string>();

  newest(host: string): ModelEpisode | undefined {
    return this.episodes.filter((episode) => episode.host === host).at(-1);
  }
  open(host: string): ModelEpisode | undefined {
    const newest = this.newest(host);
    return newest?.closed === null ? newest : undefined;
  }
  lapse(hosts: readonly string[], nowMs: number): void {
    for (const episode of hosts.map((host) => this.open(host))) {
      if (episode && isLapsed(ackOf(episode), nowMs)) episode.decided = [];
    }
  }
  isResumable(episode: ModelEpisode | undefined, nowMs: number): boolean {
    const windowMs = Math.max(60_000, 3 * (episode?.timeoutMs ?? 0));
    return episode?.closed?.by === 'up' && nowMs - episode.closed.at <= windowMs;
  }
  down(host: string, atMs: number, timeoutMs: number, seq: number): void {
    const newest = this.newest(host);
    if (newest?.closed === null) return;
    if (newest && this.isResumable(newest, atMs)) {
      Object.assign(newest, { closed: null, timeoutMs, seq });
    } else {
      const number = (newest?.number ?? 0) + 1;
      this.episodes.push({ host, number, openedAt: atMs, seq, timeoutMs, closed: null, decided: [] });
    }
    this.lapse([host], atMs);
  }
  ack(host: string, number: number, ack: ModelAck, maxSeq: number | null, command: number): string {
    const episode = this.open(host);
    if (!episode || episode.number !== number || (maxSeq !== null && episode.seq > maxSeq)) return 'skipped';
    this.lapse([host], ack.at);
    if (ackOf(episode) !== null) return 'alreadyAcked';
    episode.decided.push({ command, ack });
    return 'acked';
  }
  unack(episodes: readonly (ModelEpisode | undefined)[], command: number): number {
    const held = episodes.filter((episode) => episode !== undefined && ackOf(episode) !== null);
    for (const episode of held) episode!.decided.push({ command, ack: null });
    return held.length;
  }
  /** The batch's acknowledgements in force, or that would be after a down now. */
  undo(batch: string, nowMs: number, command: number): number {
    if (this.undone.has(batch)) return 0;
    const held = HOSTS.map((host) => this.newest(host)).filter((episode) => {
      if (!episode || ackOf(episode)?.batch !== batch) return false;
      return (
        episode.closed === null || (this.isResumable(episode, nowMs) && !isLapsed(ackOf(episode), nowMs))
      );
    });
    this.undone.add(batch);
    return this.unack(held, command);
  }
  refuse(command: number): void {
    for (const episode of this.episodes) {
      episode.decided = episode.decided.filter((entry) => entry.command !== command);
    }
  }
}

/** What a store would have: what it kept, in the order it was given. */
class Log {
  readonly entries: { records: readonly EpisodeRecord[]; kept: boolean }[] = [];

  history(records: readonly EpisodeRecord[]): void {
    this.entries.push({ records, kept: true });
  }
  restart(nowMs: number): AlertBook {
    const records = new Map<string, EpisodeRecord>();
    for (const entry of this.entries) {
      if (entry.kept) for (const record of entry.records) records.set(record.alert.id, record);
    }
    const kept = [...records.values()].filter(
      ({ alert, closedBy, timeoutMs }) =>
        alert.closedAt === null ||
        (closedBy === 'up' && nowMs - alert.closedAt <= Math.max(60_000, 3 * timeoutMs)),
    );
    const numbers = new Map<string, number>();
    for (const { alert } of records.values()) {
      numbers.set(alert.hostId, Math.max(alert.episode, numbers.get(alert.hostId) ?? 0));
    }
    const instant = ({ alert }: EpisodeRecord): number => alert.closedAt ?? alert.openedAt;
    const book = new AlertBook();
    book.restore(
      kept.sort((a, b) => instant(a) - instant(b)),
      numbers,
    );
    return book;
  }
}

const host = fc.nat({ max: HOSTS.length - 1 });
const of = <T extends string, M extends object>(name: T, model: { [K in keyof M]: fc.Arbitrary<M[K]> }) =>
  fc.record({ do: fc.constant(name), ...model } as unknown as {
    [K in keyof ({ do: T } & M)]: fc.Arbitrary<({ do: T } & M)[K]>;
  });
const act = fc.oneof(
  { weight: 6, arbitrary: of('down', { host, timeoutMs: fc.constantFrom(500, 40_000) }) },
  { weight: 4, arbitrary: of('up', { host }) },
  { weight: 1, arbitrary: of('left', { host }) },
  { weight: 2, arbitrary: of('remove', { host, kept: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: of('ack', {
      host,
      back: fc.nat({ max: 1 }),
      expiresInMs: fc.constantFrom(null, 5_000, 90_000),
      maxSeqBack: fc.constantFrom(null, 0, 2),
    }),
  },
  { weight: 2, arbitrary: of('unack', { host }) },
  { weight: 2, arbitrary: of('undo', { back: fc.nat({ max: 3 }) }) },
  { weight: 4, arbitrary: of('expire', {}) },
  { weight: 5, arbitrary: of('settle', { kept: fc.boolean() }) },
  { weight: 2, arbitrary: of('restart', {}) },
);
const steps = fc.array(fc.record({ act, stepMs: fc.constantFrom(0, 1, 3_000, 59_000, 61_000, 130_000) }), {
  maxLength: 60,
  size: 'max',
});

test(`A1 to A32 together: the book equals a scan of all episodes (seed ${SEED})`, () => {
  fc.assert(
    fc.property(steps, (steps) => {
      let book = new AlertBook();
      const model = new Model();
      const log = new Log();
      const pending: { command: number; decision: Decision; entry: Log['entries'][number] }[] = [];
      const batchOf = new Map<number, string>();
      let nowMs = 1_000;
      let seq = 0;
      let commands = 0;
      const decided = ({ changes, decision }: { changes: AlertChange[]; decision: Decision }): void => {
        const entry = { records: changes, kept: false };
        log.entries.push(entry);
        pending.push({ command: commands, decision, entry });
      };
      const settle = (kept: boolean): void => {
        const oldest = pending.shift();
        if (oldest === undefined) return;
        oldest.entry.kept = kept;
        log.history(book.settle(oldest.decision, kept));
        if (kept) return;
        model.refuse(oldest.command);
        if (oldest.decision.batch?.ended) model.undone.delete(oldest.decision.batch.id);
      };
      for (const { act, stepMs } of steps) {
        nowMs += stepMs;
        seq++;
        commands++;
        const hostId = 'host' in act ? HOSTS[act.host]! : '';
        if (act.do === 'down') {
          model.down(hostId, nowMs, act.timeoutMs, seq);
          const fact = { hostId, host: hostId, atMs: nowMs, verdict, timeoutMs: act.timeoutMs, seq };
          log.history(book.down(fact));
        } else if (act.do === 'up' || act.do === 'left') {
          const open = model.open(hostId);
          if (open) open.closed = { at: nowMs, by: act.do };
          log.history(act.do === 'up' ? book.up(hostId, nowMs) : book.left(hostId, nowMs, verdict));
        } else if (act.do === 'remove') {
          const { changes, removal } = book.remove([hostId], nowMs, 'x');
          log.entries.push({ records: changes, kept: act.kept });
          log.history(book.settleRemoval(removal, act.kept));
          const newest = model.newest(hostId);
          if (act.kept && newest) newest.closed = { at: newest.closed?.at ?? nowMs, by: 'removed' };
        } else if (act.do === 'ack') {
          const number = Math.max(1, (model.newest(hostId)?.number ?? 1) - act.back);
          const batchId = `b${commands}`;
          batchOf.set(batchOf.size, batchId);
          const maxOpenedSeq = act.maxSeqBack === null ? null : seq - act.maxSeqBack;
          const { expiresInMs } = act;
          const expiresAt = expiresInMs === null ? null : nowMs + expiresInMs;
          const by = `by-${batchId}`;
          const ack = { by, at: nowMs, expiresAt, batch: batchId };
          const expected = model.ack(hostId, number, ack, maxOpenedSeq, commands);
          const order = { batchId, by, comment: null, expiresInMs, maxOpenedSeq };
          const answer = book.acknowledge([`${hostId}-${number}`], order, nowMs);
          log.history(answer.lapsed);
          decided(answer);
          if (answer.results[0]?.outcome !== expected) expect(answer.results[0]?.outcome).toBe(expected);
        } else if (act.do === 'unack') {
          const number = model.newest(hostId)?.number ?? 1;
          const expected = model.unack([model.open(hostId)], commands);
          const answer = book.unacknowledge({ ids: [`${hostId}-${number}`] }, 'x', nowMs);
          decided(answer);
          if (answer.changes.length !== expected) expect(answer.changes).toHaveLength(expected);
        } else if (act.do === 'undo') {
          const batchId = batchOf.get(batchOf.size - 1 - act.back) ?? 'none';
          const expected = model.undo(batchId, nowMs, commands);
          const answer = book.unacknowledge({ batchId }, 'x', nowMs);
          decided(answer);
          if (answer.changes.length !== expected) expect(answer.changes).toHaveLength(expected);
        } else if (act.do === 'expire') {
          model.lapse(HOSTS, nowMs);
          log.history(book.expire(nowMs));
        } else if (act.do === 'settle') settle(act.kept);
        else {
          while (pending.length > 0) settle(true);
          book = log.restart(nowMs);
          for (const episode of model.episodes) episode.seq = 0;
        }
        for (const id of HOSTS) {
          const open = model.open(id);
          const mine = book.openOf(id);
          const wanted = open && `${id}-${open.number} ${open.openedAt} ${ackOf(open)?.by}`;
          const found = mine === null ? undefined : `${mine.id} ${mine.openedAt} ${mine.ack?.by}`;
          // Said only where it fails: ten thousand expectations are slow.
          if (found !== wanted) expect(found).toBe(wanted);
          if (book.isAcknowledged(id) !== (open !== undefined && ackOf(open) !== null)) {
            expect.fail(`isAcknowledged(${id}) is ${book.isAcknowledged(id)}`);
          }
        }
      }
    }),
    { seed: SEED, numRuns: 5_000 },
  );
}, 60_000);
