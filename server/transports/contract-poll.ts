import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { fromJsonFrame, type JsonFrame } from '#lib/protocol/frames.ts';
import type { ContractServer } from './contract-server.ts';
import { type ConnectOptions, ContractView, Refused, type TransportAdapter } from './contract-viewer.ts';

/** One request on a connection of its own, so that it can be left unread or cut. */
function send(
  server: ContractServer,
  view: ContractView,
  options: ConnectOptions,
  waitS: number,
): ClientRequest {
  const cursor = view.position === null ? '' : `e=${view.position.e}&s=${view.position.s}&`;
  const headers: Record<string, string> = { origin: options.origin ?? server.origin, ...options.headers };
  if (options.host !== undefined) headers.host = options.host;
  return request(`${server.origin}/rt/poll?${cursor}wait=${waitS}`, { agent: false, headers }).end();
}

async function readInto(view: ContractView, response: IncomingMessage): Promise<void> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  if (response.statusCode !== 200) {
    const retryAfter = response.headers['retry-after'];
    throw new Refused(response.statusCode!, retryAfter === undefined ? null : Number(retryAfter) * 1_000);
  }
  const { frames } = JSON.parse(text) as { frames: JsonFrame[] };
  for (const frame of frames) view.apply(fromJsonFrame(frame));
}

/** Polling with `wait=waitS`; 0 = short polling. */
export function pollAdapter(name: string, waitS: number): TransportAdapter {
  return {
    name,
    pushes: false,
    holds: waitS > 0,
    acknowledges: false,
    async connect(server, options = {}) {
      const view = new ContractView(options.position, options.states);
      let unread: Promise<IncomingMessage> | null = null;
      let asked: ClientRequest | null = null;
      const poll = async (): Promise<void> => {
        asked = send(server, view, options, waitS);
        const [response] = (await once(asked, 'response')) as [IncomingMessage];
        await readInto(view, response);
      };
      await poll();
      return {
        view,
        async until(condition) {
          if (unread !== null) {
            const response = await unread;
            unread = null;
            await readInto(view, response);
          }
          while (!condition(view)) await poll();
        },
        async stopReading() {
          asked = send(server, view, options, waitS);
          unread = once(asked, 'response').then(([response]) => response as IncomingMessage);
          unread.catch(() => {}); // an abort ends it too
          await once(asked, 'finish');
        },
        resumeReading() {
          // The answer's bytes stay in the socket until `until` reads them.
        },
        abort() {
          asked?.destroy();
        },
      };
    },
  };
}
