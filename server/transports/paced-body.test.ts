import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endPaced } from './paced-body.ts';

const STALLED_AFTER_MS = 2_000;
/** Far more than the kernel takes. */
const BODY = Buffer.alloc(30_000_000, 'abcdefg');

describe('endPaced', () => {
  let server: Server;
  let bufferedBytes: () => number;
  let ended: Promise<'finish' | 'cut'>;

  beforeEach(async () => {
    server = createServer((_request, response) => {
      bufferedBytes = () => response.socket?.writableLength ?? 0;
      ended = once(response, 'close').then(() => (response.writableFinished ? 'finish' : 'cut'));
      response.writeHead(200, { 'Content-Length': BODY.length });
      endPaced(response, BODY, STALLED_AFTER_MS);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function ask(): Promise<IncomingMessage> {
    const asked = get({ port: (server.address() as AddressInfo).port, agent: false });
    asked.on('error', () => {}); // some are cut on purpose
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => {});
    return response;
  }

  test('L23: a body arrives whole', async () => {
    const parts: Buffer[] = [];
    for await (const part of await ask()) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(BODY)).toBe(true);
    expect(await ended).toBe('finish');
  });

  test('L23, L31: a reader that takes nothing is cut off, and no more than a chunk waits for it', async () => {
    await ask();
    const fromMs = performance.now();
    await delay(STALLED_AFTER_MS / 4);
    expect(bufferedBytes()).toBeLessThan(300_000);
    expect(await ended).toBe('cut');
    const elapsedMs = performance.now() - fromMs;
    expect(elapsedMs).toBeGreaterThan(STALLED_AFTER_MS / 2);
    expect(elapsedMs).toBeLessThan(2 * STALLED_AFTER_MS);
  });

  test('L23: a slow reader that takes something now and then is not', async () => {
    const response = await ask();
    let bytes = 0;
    const fromMs = performance.now();
    for await (const part of response) {
      const before = Math.floor(bytes / 5_000_000);
      bytes += (part as Buffer).length;
      // Longer in all than a stalled reader is given, never so long at a time.
      if (Math.floor(bytes / 5_000_000) > before) await delay(STALLED_AFTER_MS / 4);
    }
    expect(bytes).toBe(BODY.length);
    expect(performance.now() - fromMs).toBeGreaterThan(STALLED_AFTER_MS);
    expect(await ended).toBe('finish');
  });
});
