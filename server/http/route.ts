/**
 * What one call of the API is: where it stands, who may make it, how OpenAPI describes it, what it does. The router,
 * the check of roles, the OpenAPI document and the tests of all three are made from a list of these. Knows no call.
 */
import type { Context } from 'hono';
import type { Role } from '#lib/protocol/account.ts';
import type { Identity } from '../auth/identity.ts';
import type { Operation } from './openapi.ts';

type Described = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/api/hosts/{nameOrId}`. */
  readonly path: string;
  readonly operation: Operation;
};

/** Answers also those who are not signed in. */
export type OpenRoute = Described & {
  readonly access: 'open';
  readonly handle: (context: Context, identity: Identity | null) => Promise<Response> | Response;
};

export type GuardedRoute = Described & {
  /** The least role that may make the call. */
  readonly access: Role;
  readonly handle: (context: Context, identity: Identity) => Promise<Response> | Response;
};

export type Route = OpenRoute | GuardedRoute;
