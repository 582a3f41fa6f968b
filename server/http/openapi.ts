/**
 * How a route describes itself: the part of the OpenAPI document (openapi-document.ts) that is written beside the
 * route. What holds for every route (Host, Origin, sign-in, bodies) is added there. Types and constants alone.
 */
import type { ErrorCode } from '#lib/protocol/errors.ts';
import { count, type Schema, text } from './json-schema.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from './parameters.ts';

export type Parameter = {
  /** Parameters of the path are required, those of the query are not. */
  readonly in: 'path' | 'query';
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
};

export type Answer = {
  readonly description: string;
  /** Of the body; absent: a body that is no JSON. */
  readonly schema?: Schema;
  /** `application/json` when absent. */
  readonly contentType?: string;
};

/** A request that is made before an example; `take`: names for fields of its answer, which the example's path uses. */
export type Preparation = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly at: string;
  readonly body?: unknown;
  /** `{ feed: 'feed' }`: `{feed}` in the example's path is the field `feed` of the answer. */
  readonly take?: Readonly<Record<string, string>>;
};

/** A test makes exactly this request of a real server, as the administrator below, and looks at the answer. */
export type Example = {
  readonly summary: string;
  /** Path and query: `/api/hosts?state=down`. */
  readonly at: string;
  readonly body?: unknown;
  readonly status: number;
  readonly before?: Preparation;
};

export type Operation = {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  /** Of the JSON body; absent: the call takes none. */
  readonly body?: Schema;
  /** By status; only answers of success. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beside those that every route of its kind can give. */
  readonly problems?: readonly ErrorCode[];
  /** At least one. */
  readonly examples: readonly Example[];
};

export const LIMIT_PARAMETER: Parameter = {
  in: 'query',
  name: 'limit',
  description: 'Entries of a page',
  schema: count({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
};

export const CURSOR_PARAMETER: Parameter = {
  in: 'query',
  name: 'cursor',
  description: 'The nextCursor of the page before, given for the same query',
  schema: text({ maxLength: 1_000 }),
};

/** What the examples suppose; the document says so. */
export const EXAMPLE_WORLD = {
  /** Up, label rack=r1. */
  upHost: 'web-1',
  /** Down in its first episode, which nobody has acknowledged. */
  downHost: 'db-1',
  administrator: { name: 'ada', password: 'an-example-passphrase' },
  /** A second user. */
  viewer: { name: 'vic', password: 'another-passphrase' },
} as const;
