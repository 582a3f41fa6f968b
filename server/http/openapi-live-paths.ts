/**
 * The live transports as the OpenAPI document tells of them: they are no routes of the API (docs/protocol.md 2 has
 * their frames), but who reads the document should know that they are there and what they take.
 */
import { count, INSTANT, type Schema, text } from './json-schema.ts';
import type { Answer, Operation, Parameter } from './openapi.ts';

export type LivePath = { readonly path: string; readonly operation: Operation };

const query = (name: string, description: string, schema: Schema): Parameter => ({
  in: 'query',
  name,
  description,
  schema,
});
const HEX = text({ pattern: '^[0-9a-f]{16}$' });
const PLACE: readonly Parameter[] = [
  query('e', 'Epoch of the position the viewer stands at', HEX),
  query('s', 'Sequence number of that position', count()),
];
const FEED = query('feed', 'A scratch feed instead of the fleet', HEX);
const METER = query('meter', 'A name under which the server counts what this viewer costs', HEX);
const ONE_OBJECT: Schema = { type: 'object' };
const json = (description: string): Readonly<Record<number, Answer>> => ({
  200: { description, schema: ONE_OBJECT },
});

export const LIVE_PATHS: readonly LivePath[] = [
  {
    path: '/rt/sse',
    operation: {
      summary: 'Frames as server-sent events',
      description:
        'One JSON frame an event, from the given position on; without one a snapshot comes first. `Last-Event-ID` (`e.s`) beats the query.',
      parameters: [...PLACE, FEED, METER],
      answers: { 200: { description: 'A stream without an end', contentType: 'text/event-stream' } },
      problems: ['not_found', 'too_many_viewers'],
      examples: [],
    },
  },
  {
    path: '/rt/poll',
    operation: {
      summary: 'Frames by polling; held until something happens with `wait`',
      parameters: [
        ...PLACE,
        query('wait', 'Seconds to wait for news', { type: 'integer', minimum: 0, maximum: 25, default: 0 }),
        FEED,
        METER,
      ],
      answers: json('`{frames: [...]}`'),
      problems: ['not_found', 'too_many_viewers'],
      examples: [{ summary: 'A snapshot', at: '/rt/poll', status: 200 }],
    },
  },
  {
    path: '/rt/clock',
    operation: {
      summary: 'The server’s clock, for the offset of a viewer’s',
      parameters: [query('c0', 'The viewer’s instant, given back as it is', INSTANT)],
      answers: json('`{c0, s1, s2}`'),
      examples: [{ summary: 'One probe', at: '/rt/clock?c0=1', status: 200 }],
    },
  },
  {
    path: '/rt/changes',
    operation: {
      summary: 'When what changed in each tick did so',
      parameters: [query('after', 'Only ticks after this sequence number', count()), FEED],
      answers: json('`{e, s, from, ticks}`'),
      problems: ['not_found'],
      examples: [{ summary: 'The last ticks', at: '/rt/changes', status: 200 }],
    },
  },
  {
    path: '/rt/meter',
    operation: {
      summary: 'What viewers that chose a meter have cost',
      parameters: [query('meter', '1 to 8 meters, separated by commas', text())],
      answers: json('`{meters: [...]}`; those it does not know are left out'),
      examples: [{ summary: 'One', at: '/rt/meter?meter=0123456789abcdef', status: 200 }],
    },
  },
  {
    path: '/socket.io/',
    operation: {
      summary: 'Frames over Socket.IO',
      description:
        'The upgrade of a WebSocket and nothing else; msgpack parser; event `frame` from the server, `ack` from the viewer; the position stands in `auth` as `{e, s}`.',
      parameters: [
        query('EIO', 'Version of Engine.IO', { const: '4' }),
        query('transport', 'The only transport', { const: 'websocket' }),
        FEED,
        METER,
      ],
      answers: { 101: { description: 'The connection is a WebSocket from now on' } },
      problems: ['not_found', 'too_many_viewers'],
      examples: [],
    },
  },
];
