/**
 * Signing in and out, the first administrator, one's own password. Who may come in is decided in server/auth; here it
 * becomes HTTP.
 */
import type { Context } from 'hono';
import type { LoginRequest, PasswordRequest, SessionInfo, SetupRequest } from '#lib/protocol/account.ts';
import type { SignedIn } from '../auth/sign-in.ts';
import { StoreUnavailable } from '../store/store.ts';
import { accessRoutes } from './account-access-api.ts';
import {
  accountsOf,
  clientOf,
  granted,
  readFields,
  sessionCookie,
  setSessionCookie,
  stringIn,
} from './account-request.ts';
import { GIVEN_SECRET, PASSWORD, SESSION_INFO, USER_NAME } from './account-schemas.ts';
import { userRoutes } from './account-users-api.ts';
import type { ApiContext } from './api-context.ts';
import { object } from './json-schema.ts';
import { EXAMPLE_WORLD } from './openapi.ts';
import { withoutParameters } from './parameters.ts';
import { ProblemError } from './problem.ts';
import type { GuardedRoute, OpenRoute, Route } from './route.ts';

type AccountContext = Pick<ApiContext, 'accounts'>;

const WITHOUT_SIGN_IN: SessionInfo = { auth: 'none', setupNeeded: false, user: null };
const SIGNED_IN = { description: 'Who is signed in now; the cookie comes with it', schema: SESSION_INFO };

const { administrator } = EXAMPLE_WORLD;

/** All calls about who may come in. */
export function accountRoutes(context: AccountContext): Route[] {
  return [
    sessionRoute(context),
    loginRoute(context),
    setupRoute(context),
    logoutRoute(context),
    passwordRoute(context),
    ...userRoutes(context),
    ...accessRoutes(context),
  ];
}

function welcome(context: Context, { accounts }: AccountContext, signedIn: SignedIn): Response {
  setSessionCookie(context, signedIn.secret);
  return context.json(accounts!.infoOf(signedIn));
}

function sessionRoute({ accounts }: AccountContext): OpenRoute {
  return {
    method: 'GET',
    path: '/api/session',
    access: 'open',
    operation: {
      summary: 'Who is signed in',
      answers: { 200: { description: 'Whether people sign in here, and who has', schema: SESSION_INFO } },
      examples: [{ summary: 'Who am I', at: '/api/session', status: 200 }],
    },
    handle: (context, identity) => {
      withoutParameters(context.req.url);
      return context.json(accounts?.info(identity?.user ?? null) ?? WITHOUT_SIGN_IN);
    },
  };
}

function loginRoute(given: AccountContext): OpenRoute {
  return {
    method: 'POST',
    path: '/api/login',
    access: 'open',
    operation: {
      summary: 'Sign in with a name and a password',
      description:
        'Ten wrong tries at once from one address, then one in six seconds; and from places where that name is not signed in, twenty at once for one name, then one in twelve seconds.',
      body: object({ name: USER_NAME, password: GIVEN_SECRET }),
      answers: { 200: SIGNED_IN },
      problems: ['wrong_credentials', 'too_many_attempts', 'not_found', 'store_unavailable'],
      examples: [{ summary: 'Sign in', at: '/api/login', body: administrator, status: 200 }],
    },
    handle: async (context, identity) => {
      const accounts = accountsOf(given);
      const fields = await readFields(context, ['name', 'password']);
      const request: LoginRequest = {
        name: stringIn(fields, 'name'),
        password: stringIn(fields, 'password'),
      };
      const replaced = identity?.sessionId ?? null;
      return welcome(context, given, granted(await accounts.signIn(request, clientOf(context), replaced)));
    },
  };
}

function setupRoute(given: AccountContext): OpenRoute {
  return {
    method: 'POST',
    path: '/api/setup',
    access: 'open',
    operation: {
      summary: 'Make the first administrator',
      description: 'While there is no user. The token is in the server’s log, once for each start.',
      body: object({ token: GIVEN_SECRET, name: USER_NAME, password: PASSWORD }),
      answers: { 200: SIGNED_IN },
      problems: ['setup_done', 'wrong_credentials', 'too_many_attempts', 'not_found', 'store_unavailable'],
      examples: [
        {
          summary: 'Too late: there is an administrator',
          at: '/api/setup',
          body: { token: 'from the log', ...administrator },
          status: 409,
        },
      ],
    },
    handle: async (context) => {
      const accounts = accountsOf(given);
      const fields = await readFields(context, ['token', 'name', 'password']);
      const request: SetupRequest = {
        token: stringIn(fields, 'token'),
        name: stringIn(fields, 'name'),
        password: stringIn(fields, 'password'),
      };
      return welcome(context, given, granted(await accounts.setUp(request, clientOf(context))));
    },
  };
}

function logoutRoute(given: AccountContext): GuardedRoute {
  return {
    method: 'POST',
    path: '/api/logout',
    access: 'viewer',
    operation: {
      summary: 'Sign out',
      description: 'The session ends, with every connection that is open on it.',
      answers: { 200: { description: 'Nobody is signed in', schema: SESSION_INFO } },
      problems: ['not_found', 'store_unavailable'],
      examples: [{ summary: 'Sign out', at: '/api/logout', status: 200 }],
    },
    handle: async (context, identity) => {
      withoutParameters(context.req.url);
      const accounts = accountsOf(given);
      await accounts.signOut(identity).then(granted, (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        // The session goes on until it can be taken out of the store; but no longer in this browser.
        const detail = `the session could not be ended, this browser has forgotten it: ${error.message}`;
        throw new ProblemError('store_unavailable', detail, { 'set-cookie': sessionCookie(context, null) });
      });
      setSessionCookie(context, null);
      return context.json(accounts.info(null));
    },
  };
}

function passwordRoute(given: AccountContext): GuardedRoute {
  return {
    method: 'PUT',
    path: '/api/password',
    access: 'viewer',
    operation: {
      summary: 'Change one’s own password',
      description: 'All other sessions of the same user end. Not with an API token.',
      body: object({ current: GIVEN_SECRET, password: PASSWORD }),
      answers: { 200: { description: 'Who is signed in, as before', schema: SESSION_INFO } },
      problems: ['wrong_credentials', 'too_many_attempts', 'not_found', 'store_unavailable'],
      examples: [
        {
          summary: 'The same one again',
          at: '/api/password',
          body: { current: administrator.password, password: administrator.password },
          status: 200,
        },
      ],
    },
    handle: async (context, identity) => {
      const accounts = accountsOf(given);
      const fields = await readFields(context, ['current', 'password']);
      const request: PasswordRequest = {
        current: stringIn(fields, 'current'),
        password: stringIn(fields, 'password'),
      };
      granted(await accounts.changePassword(identity, request, clientOf(context)));
      return context.json(accounts.info(identity.user));
    },
  };
}
