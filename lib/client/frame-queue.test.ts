import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Frame } from '#lib/protocol/frames.ts';
import { FrameQueue, gunzip } from './frame-queue.ts';
import { ModelServer } from './testing/model-server.ts';

const bytes = (text: Uint8Array): Uint8Array => new Uint8Array(gzipSync(text));

test('C12: nothing overtakes a snapshot that is being unpacked; with nothing waiting frames pass at once', async () => {
  const server = new ModelServer(() => 1);
  server.gzip = true;
  server.change(Array.from({ length: 100_000 }, (_, slot) => [99_999 - slot, 1 + (slot % 5)] as const));
  const [, snapshot] = server.snapshot() as [Frame, Frame];
  const beat = server.beat();
  const got: string[] = [];
  let wanted = true;
  let done = (): void => {};
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const queue = new FrameQueue<number>({
    wants: (tag) => wanted || tag !== 2,
    frame: (frame, tag) => {
      if (frame.t === 'S') expect(Buffer.from(frame.data).equals(Buffer.from(server.states))).toBe(true);
      got.push(`${frame.t}${tag}`);
      if (tag === 9) done();
    },
    broken: (_, tag) => got.push(`broken${tag}`),
  });
  queue.push(beat, 1);
  expect(got).toEqual(['B1']);
  queue.push(snapshot, 3);
  queue.push(beat, 4);
  queue.push(snapshot, 2);
  queue.push({ ...snapshot, data: Uint8Array.of(1, 2, 3) } as Frame, 5);
  queue.push(beat, 9);
  wanted = false;
  expect(got).toEqual(['B1']);
  await finished;
  expect(got).toEqual(['B1', 'S3', 'B4', 'broken5', 'B9']);
  await new Promise((resolve) => setImmediate(resolve));
  queue.push(beat, 1);
  expect(got.at(-1)).toBe('B1');
});

test('C12: a snapshot larger or smaller than it says is refused, however much it unpacks to', async () => {
  await expect(gunzip(bytes(new Uint8Array(50_000_000)), 10)).rejects.toThrow('more than its 10 bytes');
  await expect(gunzip(bytes(new Uint8Array(9)), 10)).rejects.toThrow('9 bytes instead of 10');
  await expect(gunzip(Uint8Array.of(1, 2, 3), 10)).rejects.toThrow();
  expect(await gunzip(bytes(Uint8Array.of(4, 5)), 2)).toEqual(Uint8Array.of(4, 5));
});
