/** How many hosts a filter finds, as the server counts them, and at which position. */
import type { HostFilter } from '../../lib/protocol/api.ts';
import type { Position } from '../../lib/protocol/position.ts';
import { type ApiClient, ApiUnreachable, isRecord } from './api-client.ts';
import { queryOf } from './api-command.ts';
import { type ListOf, pagesOf } from './api-pages.ts';

const ANY_HOST: ListOf<object> = {
  path: '/api/hosts',
  field: 'hosts',
  isItem: (value): value is object => isRecord(value),
};

/** One call. Throws as the client does. */
export async function countHosts(
  client: ApiClient,
  filter: HostFilter,
): Promise<{ readonly total: number; readonly position: Position }> {
  for await (const { total, position } of pagesOf(client, ANY_HOST, queryOf(filter), 1)) {
    if (total !== null) return { total, position };
  }
  throw new ApiUnreachable('the answer at /api/hosts has no total');
}
