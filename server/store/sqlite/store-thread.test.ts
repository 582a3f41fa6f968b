import { expect, test } from 'vitest';
import { StoreUnavailable } from '../store.ts';
import { MARK, type ToReader } from './messages.ts';
import { StoreThread } from './store-thread.ts';

/** Ready when it is greeted; the first question ends it, questions of alerts it answers. */
const MORTAL = `
  import { parentPort } from 'node:worker_threads';
  const mark = ${JSON.stringify(MARK)};
  parentPort.on('message', (message) => {
    if (message.type === 'open') parentPort.postMessage({ mark, type: 'ready' });
    else if (message.type === 'close') parentPort.close();
    else if (message.read.of === 'alert') parentPort.postMessage({ mark, type: 'answer', id: message.id, answer: 7 });
    else process.exit(3);
  });
`;
const OPEN = { mark: MARK, type: 'open' } as const;

const threadOf = (script: string) => {
  const lost: string[] = [];
  const thread = new StoreThread<ToReader>({
    url: new URL(`data:text/javascript,${encodeURIComponent(script)}`),
    name: 'test',
    setup: { path: 'none' },
    onWrote: () => {},
    onLost: (detail) => lost.push(detail),
  });
  const ask = (of: 'alert' | 'audit') =>
    thread.ask<number>((id) => ({
      ...{ mark: MARK, type: 'read', id },
      read: of === 'alert' ? { of, id: 'a' } : { of, query: { limit: 1 } },
    }));
  return { thread, lost, ask };
};

test('S26: questions a thread did not live to answer fail, and a new one answers', async () => {
  const { thread, lost, ask } = threadOf(MORTAL);
  await thread.open(OPEN);
  expect(await ask('alert')).toBe(7);
  await expect(Promise.all([ask('audit'), ask('alert')])).rejects.toThrow(StoreUnavailable);
  expect(lost).toEqual(["the store's thread ended with code 3"]);
  await expect(ask('alert')).rejects.toThrow('not running');
  await thread.open(Promise.resolve(OPEN));
  expect(await ask('alert')).toBe(7);
  await thread.close();
});

test('S26: questions asked of a thread that ends before it is ready fail too', async () => {
  const { thread, lost, ask } = threadOf(
    "import { parentPort } from 'node:worker_threads'; parentPort.once('message', () => process.exit(4));",
  );
  const [opened, asked] = await Promise.allSettled([thread.open(), ask('alert')]);
  expect(opened).toMatchObject({ status: 'rejected' });
  expect(asked).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
  expect(lost).toEqual([]);
});

test('S26: a thread that never was ready is no loss, and its start tells why', async () => {
  const { thread, lost } = threadOf('process.exit(4)');
  await expect(thread.open()).rejects.toThrow('ended with code 4 before it was ready');
  const { thread: waiting, lost: alsoLost } = threadOf(MORTAL);
  await expect(waiting.open(Promise.reject(new Error('no file')))).rejects.toThrow('no file');
  await Promise.all([thread.exited, waiting.exited]);
  expect([...lost, ...alsoLost]).toEqual([]);
});
