/** Which host the `{nameOrId}` of a path means: one that is watched, or one that has left a history. */
import { HOST_ID_PATTERN, type HostId, isHostName } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { type HostSource, isShown } from './host-view.ts';
import { text } from './json-schema.ts';
import type { Parameter } from './openapi.ts';
import { ProblemError, visible } from './problem.ts';

export const HOST_PARAMETER: Parameter = {
  in: 'path',
  name: 'nameOrId',
  description: 'The name of a host, or its id: 16 hex digits',
  schema: text(),
};

/** The slot of a host that is shown. Throws `host_not_found`. */
export function shownSlot(source: HostSource, nameOrId = ''): number {
  const slot = source.directory.find(nameOrId);
  if (slot === null || !isShown(source, slot)) throw hostNotFound(nameOrId);
  return slot;
}

/** Also of a host that was removed, as long as the text could be one's. Throws `host_not_found`. */
export function idWithHistory(source: HostSource, nameOrId = ''): { id: HostId; isKnown: boolean } {
  const slot = source.directory.find(nameOrId);
  if (slot !== null) return { id: source.directory.idOf(slot), isKnown: true };
  if (HOST_ID_PATTERN.test(nameOrId)) return { id: nameOrId, isKnown: false };
  if (isHostName(nameOrId)) return { id: hostIdHex(nameOrId), isKnown: false };
  throw hostNotFound(nameOrId);
}

export function hostNotFound(nameOrId: string): ProblemError {
  const shown = visible(JSON.stringify(nameOrId.slice(0, 100)));
  return new ProblemError(
    'host_not_found',
    `${shown} is neither the name nor the id of a host this server knows`,
  );
}
