import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '#lib/protocol/digest.ts';
import type { Frame } from '#lib/protocol/frames.ts';
import { hostCountsOf } from '#lib/protocol/host-counts.ts';
import { ByteCount, COUNT_SLICE_SLOTS, countInSlices } from './byte-count.ts';
import { FrameQueue } from './frame-queue.ts';
import { ModelServer } from './testing/model-server.ts';
import { View } from './view.ts';

const MILLION = 1_000_000;
const mixed = (slots: number): Uint8Array => Uint8Array.from({ length: slots }, (_, slot) => (slot * 7) % 61);

/** A raw snapshot of so many hosts, and what comes behind it. */
function framesOf(hosts: number): readonly [Frame, Frame] {
  const server = new ModelServer(() => 1);
  server.change([[0, 2]]);
  const [, snapshot] = server.snapshot() as [Frame, Frame];
  const data = mixed(hosts);
  return [{ ...snapshot, n: hosts, data, dig: digestOf(data) } as Frame, server.beat()];
}

/** What a queue hands on, in order, and how many other tasks had their turn meanwhile. */
async function carried(
  frames: readonly Frame[],
): Promise<{ got: string[]; turns: number; count: ByteCount | null }> {
  const got: string[] = [];
  let count: ByteCount | null = null;
  let turns = 0;
  let done = (): void => {};
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const queue = new FrameQueue<null>({
    wants: () => true,
    frame: (frame, _, itsCount) => {
      got.push(frame.t);
      if (frame.t === 'S') count = itsCount;
      if (got.length === frames.length) done();
    },
    broken: (problem) => got.push(problem),
  });
  let ended = false;
  const turn = (): void => {
    turns++;
    if (!ended) setImmediate(turn);
  };
  for (const frame of frames) queue.push(frame, null);
  setImmediate(turn);
  await finished;
  ended = true;
  return { got, turns, count };
}

test('C84: a million bytes are counted in slices between which others have their turn, and nothing overtakes them', async () => {
  const { got, turns, count } = await carried(framesOf(MILLION));
  expect(got).toEqual(['S', 'B']);
  expect(turns).toBeGreaterThanOrEqual(Math.floor(MILLION / COUNT_SLICE_SLOTS) - 1);
  expect(count!.digest.toString()).toBe(digestOf(mixed(MILLION)));
});

test('C84: no slice has more than its share, and a small snapshot is taken in the turn in which it came', async () => {
  const bytes = mixed(3 * COUNT_SLICE_SLOTS + 1);
  const count = new ByteCount();
  for (let slice = 1; slice <= 3; slice++) {
    expect(count.advance(bytes, COUNT_SLICE_SLOTS)).toBe(false);
    expect(count.hostsByByte.reduce((sum, hosts) => sum + hosts)).toBe(slice * COUNT_SLICE_SLOTS);
  }
  expect(count.advance(bytes, COUNT_SLICE_SLOTS)).toBe(true);
  const small = await carried(framesOf(1_000));
  expect([small.got, small.turns, small.count]).toEqual([['S', 'B'], 0, null]);
});

test('C85: a view that was given a count stays equal to one that counted, whatever changes', async () => {
  const slot = fc.integer({ min: 0, max: 300 });
  const changes = fc.array(fc.tuple(slot, fc.integer({ min: 0, max: 255 })), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), changes, changes, async (bytes, before, after) => {
      const [counted, counting] = [new View(), new View()];
      for (const [at, byte] of before) for (const view of [counted, counting]) view.set(at, byte);
      counted.replaceAll(bytes, await countInSlices(bytes));
      counting.replaceAll(bytes);
      for (const [at, byte] of after) for (const view of [counted, counting]) view.set(at, byte);
      expect(counted.digest.toString()).toBe(digestOf(counted.states));
      expect(counting.digest.toString()).toBe(counted.digest.toString());
      const histogram = new Uint32Array(256);
      for (const byte of counted.states) histogram[byte]!++;
      expect(counted.counts()).toEqual(hostCountsOf(histogram));
      expect(counting.counts()).toEqual(counted.counts());
    }),
    { numRuns: 100 },
  );
});
