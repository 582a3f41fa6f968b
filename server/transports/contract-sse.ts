import { type IncomingMessage, request } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { fromJsonFrame, type JsonFrame } from '#lib/protocol/frames.ts';
import { ContractView, Refused, type TransportAdapter, Waiting } from './contract-viewer.ts';

/** One stream on a connection of its own, read by the parser of a library. */
export const sseAdapter: TransportAdapter = {
  name: 'SSE',
  pushes: true,
  holds: false,
  acknowledges: false,
  connect(server, options = {}) {
    const view = new ContractView(options.position, options.states);
    const waiting = new Waiting(view);
    const fail = (error: unknown): void => waiting.fail(error);
    const cursor = view.position === null ? '' : `e=${view.position.e}&s=${view.position.s}`;
    const headers: Record<string, string> = { origin: options.origin ?? server.origin, ...options.headers };
    if (options.host !== undefined) headers.host = options.host;
    const asked = request(`${server.origin}/rt/sse?${cursor}`, { agent: false, headers }).end();
    const parser = createParser({
      onEvent({ data }: EventSourceMessage) {
        try {
          view.apply(fromJsonFrame(JSON.parse(data) as JsonFrame));
        } catch (error) {
          fail(error);
        }
        waiting.look();
      },
      onError: fail,
    });
    return new Promise((resolve, reject) => {
      asked.once('error', reject);
      asked.once('response', (response: IncomingMessage) => {
        if (response.statusCode !== 200) {
          const retryAfter = response.headers['retry-after'];
          reject(
            new Refused(response.statusCode!, retryAfter === undefined ? null : Number(retryAfter) * 1_000),
          );
          asked.destroy();
          return;
        }
        asked.on('error', fail);
        response.on('error', fail);
        response.on('close', () => fail(new Error('the stream has ended')));
        response.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
        resolve({
          view,
          until: (condition) => waiting.until(condition),
          async stopReading() {
            response.pause();
          },
          resumeReading() {
            response.resume();
          },
          abort() {
            asked.destroy();
          },
        });
      });
    });
  },
};
