/** How the OpenAPI document describes people, sessions and API tokens (lib/protocol/account.ts). Data alone. */
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, ROLES } from '#lib/protocol/account.ts';
import { arrayOf, count, FLAG, INSTANT, nullable, object, oneOf, ref, text } from './json-schema.ts';

export const MAX_TOKEN_NAME_LENGTH = 64;
export const MIN_TOKEN_LIFE_MS = 60_000;
/** Five years of 365 days. */
export const MAX_TOKEN_LIFE_MS = 5 * 365 * 86_400_000;

export const USER_NAME = text({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$',
  description: 'compared without case',
});
export const PASSWORD = text({ minLength: MIN_PASSWORD_LENGTH, maxLength: MAX_PASSWORD_LENGTH });
/** One that was given before, or not: nothing is said about its form. */
export const GIVEN_SECRET = text();
export const ROLE = oneOf(ROLES);
export const TOKEN_NAME = text({ minLength: 1, maxLength: MAX_TOKEN_NAME_LENGTH });
export const TOKEN_LIFE = nullable(
  count({
    minimum: MIN_TOKEN_LIFE_MS,
    maximum: MAX_TOKEN_LIFE_MS,
    description: 'ms; null: it does not expire',
  }),
);

const ID = text({ pattern: '^[0-9a-f]{16}$' });
const SOMETIMES = nullable(INSTANT);

export const SESSION_INFO = object({
  auth: oneOf(['none', 'password']),
  setupNeeded: FLAG,
  user: nullable(ref('SignedInUser')),
});

export const USER = object({ name: USER_NAME, role: ROLE, createdAt: INSTANT, lastSeenAt: SOMETIMES });
export const USER_LIST = object({ users: arrayOf(USER) });

export const SESSION_LIST = object({
  sessions: arrayOf(
    object({
      id: ID,
      user: USER_NAME,
      createdAt: INSTANT,
      lastSeenAt: INSTANT,
      expiresAt: INSTANT,
      address: nullable(text()),
      userAgent: nullable(text()),
      current: FLAG,
    }),
  ),
});

const TOKEN_FIELDS = {
  id: ID,
  name: TOKEN_NAME,
  user: USER_NAME,
  role: ROLE,
  createdAt: INSTANT,
  lastUsedAt: SOMETIMES,
  expiresAt: SOMETIMES,
};
export const TOKEN_LIST = object({ tokens: arrayOf(object(TOKEN_FIELDS)) });
export const NEW_TOKEN = object({
  ...TOKEN_FIELDS,
  token: text({ pattern: '^pwt_[A-Za-z0-9_-]{43}$', description: 'shown this once' }),
});

export const DELETED = object({ removed: { const: true } });
