import { type IncomingMessage, request } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { fromJsonFrame, type JsonFrame } from '#lib/protocol/frames.ts';
import { ContractView, Refused, type TransportAdapter } from './contract-viewer.ts';

/** One stream on a connection of its own, read by the parser of a library. */
export const sseAdapter: TransportAdapter = {
  name: 'SSE',
  pushes: true,
  acknowledges: false,
  connect(server, options = {}) {
    const view = new ContractView(options.position, options.states);
    const waiting = new Set<() => void>();
    let failure: Error | null = null;
    const lookAgain = (): void => {
      for (const look of [...waiting]) look();
    };
    const fail = (error: unknown): void => {
      failure ??= error as Error;
      lookAgain();
    };
    const cursor = view.position === null ? '' : `e=${view.position.e}&s=${view.position.s}`;
    const headers: Record<string, string> = { origin: options.origin ?? server.origin };
    if (options.host !== undefined) headers.host = options.host;
    const asked = request(`${server.origin}/rt/sse?${cursor}`, { agent: false, headers }).end();
    const parser = createParser({
      onEvent({ data }: EventSourceMessage) {
        try {
          view.apply(fromJsonFrame(JSON.parse(data) as JsonFrame));
        } catch (error) {
          fail(error);
        }
        lookAgain();
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
          until: (condition) =>
            new Promise((met, failed) => {
              const look = (): void => {
                if (failure === null && !condition(view)) return;
                waiting.delete(look);
                if (failure === null) met();
                else failed(failure);
              };
              waiting.add(look);
              look();
            }),
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
