/** The people who may sign in, for administrators. */
import type { Deleted, UserList } from '#lib/protocol/account.ts';
import { accountsOf, granted, readFields, roleIn, stringIn } from './account-request.ts';
import { DELETED, PASSWORD, ROLE, USER, USER_LIST, USER_NAME } from './account-schemas.ts';
import type { ApiContext } from './api-context.ts';
import { object } from './json-schema.ts';
import { EXAMPLE_WORLD, type Parameter } from './openapi.ts';
import { withoutParameters } from './parameters.ts';
import type { GuardedRoute } from './route.ts';

const NAME_PARAMETER: Parameter = {
  in: 'path',
  name: 'name',
  description: 'Of the user, in any case',
  schema: USER_NAME,
};

export function userRoutes(given: Pick<ApiContext, 'accounts'>): GuardedRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/users',
      access: 'administrator',
      operation: {
        summary: 'Who may sign in',
        answers: { 200: { description: 'All users, by name', schema: USER_LIST } },
        problems: ['not_found'],
        examples: [{ summary: 'All', at: '/api/users', status: 200 }],
      },
      handle: ({ req, json }) => {
        withoutParameters(req.url);
        return json({ users: accountsOf(given).users.list() } satisfies UserList);
      },
    },
    {
      method: 'POST',
      path: '/api/users',
      access: 'administrator',
      operation: {
        summary: 'Make a user',
        description: 'Not with an API token.',
        body: object({ name: USER_NAME, password: PASSWORD, role: ROLE }),
        answers: { 201: { description: 'The user', schema: USER } },
        problems: ['already_exists', 'too_many_attempts', 'not_found', 'store_unavailable'],
        examples: [
          {
            summary: 'An operator',
            at: '/api/users',
            body: { name: 'oli', password: 'a-third-passphrase', role: 'operator' },
            status: 201,
          },
        ],
      },
      handle: async (context, identity) => {
        const accounts = accountsOf(given);
        const fields = await readFields(context, ['name', 'password', 'role']);
        const [name, password] = [stringIn(fields, 'name'), stringIn(fields, 'password')];
        const user = granted(await accounts.users.create({ name, password, role: roleIn(fields) }, identity));
        return context.json(user, 201);
      },
    },
    {
      method: 'PUT',
      path: '/api/users/{name}',
      access: 'administrator',
      operation: {
        summary: 'Give a user another role or another password',
        description:
          'All sessions of that user end. One’s own password is changed with PUT /api/password. Not with an API token.',
        parameters: [NAME_PARAMETER],
        body: object({ role: ROLE, password: PASSWORD }, ['role', 'password']),
        answers: { 200: { description: 'The user', schema: USER } },
        problems: ['not_found', 'last_administrator', 'too_many_attempts', 'store_unavailable'],
        examples: [
          {
            summary: 'May acknowledge from now on',
            at: `/api/users/${EXAMPLE_WORLD.viewer.name}`,
            body: { role: 'operator' },
            status: 200,
          },
        ],
      },
      handle: async (context, identity) => {
        const accounts = accountsOf(given);
        const fields = await readFields(context, ['role', 'password']);
        const change = {
          ...(fields.role === undefined ? {} : { role: roleIn(fields) }),
          ...(fields.password === undefined ? {} : { password: stringIn(fields, 'password') }),
        };
        return context.json(
          granted(await accounts.users.change(context.req.param('name')!, change, identity)),
        );
      },
    },
    {
      method: 'DELETE',
      path: '/api/users/{name}',
      access: 'administrator',
      operation: {
        summary: 'Delete a user',
        description: 'With all sessions and API tokens of that user. Not with an API token.',
        parameters: [NAME_PARAMETER],
        answers: { 200: { description: 'Done', schema: DELETED } },
        problems: ['not_found', 'last_administrator', 'store_unavailable'],
        examples: [
          {
            summary: 'Somebody who has left',
            at: '/api/users/gus',
            before: {
              method: 'POST',
              at: '/api/users',
              body: { name: 'gus', password: 'a-fourth-passphrase', role: 'viewer' },
            },
            status: 200,
          },
        ],
      },
      handle: async ({ req, json }, identity) => {
        withoutParameters(req.url);
        granted(await accountsOf(given).users.remove(req.param('name')!, identity));
        return json({ removed: true } satisfies Deleted);
      },
    },
  ];
}
