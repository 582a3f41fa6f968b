/**
 * The book against a model that keeps every episode in a list and scans it: no indexes, no deadlines, no
 * forgetting. Any sequence of acts on a few hosts must leave both with the same open episodes and answers.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlertBook } from './alert-book.ts';

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
  closed: null | { at: number; by: 'up' | 'left' };
  ack: ModelAck | null;
};

class Model {
  episodes: ModelEpisode[] = [];

  newest(host: string): ModelEpisode | undefined {
    return this.episodes.filter((episode) => episode.host === host).at(-1);
  }
  open(host: string): ModelEpisode | undefined {
    const newest = this.newest(host);
    return newest?.closed === null ? newest : undefined;
  }
  lapse(hosts: readonly string[], nowMs: number): void {
    for (const episode of hosts.map((host) => this.open(host))) {
      const expiresAt = episode?.ack?.expiresAt ?? null;
      if (expiresAt !== null && expiresAt <= nowMs) episode!.ack = null;
    }
  }
  down(host: string, atMs: number, timeoutMs: number, seq: number): void {
    const newest = this.newest(host);
    if (newest?.closed === null) return;
    const windowMs = Math.max(60_000, 3 * (newest?.timeoutMs ?? 0));
    if (newest?.closed?.by === 'up' && atMs - newest.closed.at <= windowMs) {
      newest.closed = null;
      newest.timeoutMs = timeoutMs;
      newest.seq = seq;
    } else {
      const number = (newest?.number ?? 0) + 1;
      this.episodes.push({ host, number, openedAt: atMs, seq, timeoutMs, closed: null, ack: null });
    }
    this.lapse([host], atMs);
  }
  ack(host: string, number: number, ack: ModelAck, maxSeq: number | null): string {
    const episode = this.open(host);
    if (!episode || episode.number !== number || (maxSeq !== null && episode.seq > maxSeq)) return 'skipped';
    if (episode.ack?.expiresAt != null && episode.ack.expiresAt <= ack.at) episode.ack = null;
    if (episode.ack) return 'alreadyAcked';
    episode.ack = ack;
    return 'acked';
  }
  /** The batch's acknowledgements in force, or that would be after a down now. */
  undo(batch: string, nowMs: number): number {
    const held = HOSTS.map((host) => this.newest(host)).filter((episode) => {
      if (episode?.ack?.batch !== batch) return false;
      if (episode.closed === null) return true;
      const lapsed = episode.ack.expiresAt !== null && episode.ack.expiresAt <= nowMs;
      const windowMs = Math.max(60_000, 3 * episode.timeoutMs);
      return episode.closed.by === 'up' && nowMs - episode.closed.at <= windowMs && !lapsed;
    });
    for (const episode of held) episode!.ack = null;
    return held.length;
  }
  unack(match: (episode: ModelEpisode) => boolean): number {
    const hit = HOSTS.map((host) => this.open(host)).filter((e) => e?.ack != null && match(e));
    for (const episode of hit) episode!.ack = null;
    return hit.length;
  }
}

const host = fc.nat({ max: HOSTS.length - 1 });
const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('down' as const), host, timeoutMs: fc.constantFrom(500, 40_000) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('up' as const), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('left' as const), host }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ack' as const),
      host,
      back: fc.nat({ max: 1 }),
      expiresInMs: fc.constantFrom(null, 5_000, 90_000),
      maxSeqBack: fc.constantFrom(null, 0, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unack' as const), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('undo' as const), back: fc.nat({ max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
);

test(`A1 to A19 together: the book equals a scan of all episodes (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ act, stepMs: fc.constantFrom(0, 1, 3_000, 59_000, 61_000, 130_000) }), {
        maxLength: 60,
      }),
      (steps) => {
        const book = new AlertBook();
        const model = new Model();
        let nowMs = 1_000;
        let seq = 0;
        let batches = 0;
        for (const { act, stepMs } of steps) {
          nowMs += stepMs;
          seq++;
          const hostId = 'host' in act ? HOSTS[act.host]! : '';
          if (act.do === 'down') {
            model.down(hostId, nowMs, act.timeoutMs, seq);
            book.down({ hostId, host: hostId, atMs: nowMs, verdict, timeoutMs: act.timeoutMs, seq });
          } else if (act.do === 'up' || act.do === 'left') {
            const open = model.open(hostId);
            if (open) open.closed = { at: nowMs, by: act.do };
            if (act.do === 'up') book.up(hostId, nowMs);
            else book.left(hostId, nowMs, verdict);
          } else if (act.do === 'ack') {
            const number = Math.max(1, (model.newest(hostId)?.number ?? 1) - act.back);
            const batchId = `b${batches++}`;
            const maxOpenedSeq = act.maxSeqBack === null ? null : seq - act.maxSeqBack;
            const { expiresInMs } = act;
            const expiresAt = expiresInMs === null ? null : nowMs + expiresInMs;
            const by = `by-${batchId}`;
            const expected = model.ack(
              hostId,
              number,
              { by, at: nowMs, expiresAt, batch: batchId },
              maxOpenedSeq,
            );
            const order = { batchId, by, comment: null, expiresInMs, maxOpenedSeq };
            const { results } = book.acknowledge([`${hostId}-${number}`], order, nowMs);
            expect(results[0]?.outcome).toBe(expected);
          } else if (act.do === 'unack') {
            const number = model.newest(hostId)?.number ?? 1;
            const expected = model.unack((e) => e.host === hostId && e.number === number);
            expect(book.unacknowledge({ ids: [`${hostId}-${number}`] }, 'x', nowMs).changes).toHaveLength(
              expected,
            );
          } else if (act.do === 'undo') {
            const batchId = `b${batches - 1 - act.back}`;
            const expected = model.undo(batchId, nowMs);
            expect(book.unacknowledge({ batchId }, 'x', nowMs).changes).toHaveLength(expected);
          } else {
            model.lapse(HOSTS, nowMs);
            book.expire(nowMs);
          }
          for (const id of HOSTS) {
            const open = model.open(id);
            const mine = book.openOf(id);
            expect(mine === null).toBe(open === undefined);
            expect(mine?.id).toBe(open && `${id}-${open.number}`);
            expect(mine?.openedAt).toBe(open?.openedAt);
            expect(mine?.ack?.by).toBe(open?.ack?.by);
            expect(book.isAcknowledged(id)).toBe(open?.ack != null);
          }
        }
      },
    ),
    { seed: SEED, numRuns: 1_500 },
  );
});
