/** Under whose name something is done: that of who is signed in; without sign-in the one the request gives. */
import type { Identity } from '../auth/identity.ts';
import { textField } from './parameters.ts';

const MAX_NAME_LENGTH = 64;
/** Who did it when the browser gave no name. */
const NOBODY = 'anonymous';

/** `fields.by` is not looked at where people sign in. Throws `invalid_parameter`. */
export function authorOf(identity: Identity, fields: Readonly<Record<string, unknown>>): string {
  return identity.user?.name ?? textField(fields, 'by', MAX_NAME_LENGTH) ?? NOBODY;
}
