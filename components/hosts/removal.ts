/**
 * Owns the calls behind "remove": one host, several named ones, or all that a filter finds, at the server. Knows no React.
 */
import type { ApiClient } from '@/lib/client/api-client.ts';
import type { RemoveAnswer } from '@/lib/protocol/account.ts';
import type { HostFilter } from '@/lib/protocol/api.ts';
import type { HostId } from '@/lib/protocol/host.ts';
import { problemOf, type ReadProblem } from '../live/read-problem.ts';

export type RemovalTarget = { readonly id: HostId; readonly name: string };
export type Removal =
  | { readonly kind: 'hosts'; readonly hosts: readonly RemovalTarget[] }
  | { readonly kind: 'matching'; readonly filter: HostFilter };

/** How many went before it failed; `problem` null: all of them. */
export type RemovalOutcome = {
  readonly removed: number;
  readonly problem: ReadProblem | null;
};

/** Calls under way at once for hosts named one by one. */
const AT_ONCE = 4;

/** `by`: for a server without sign-in; '' = not said. One that is gone already counts for nothing. Never rejects. */
export async function removeHosts(
  api: Pick<ApiClient, 'send'>,
  removal: Removal,
  by: string,
): Promise<RemovalOutcome> {
  let removed = 0;
  let problem: RemovalOutcome['problem'] = null;
  const attempt = async (call: () => Promise<RemoveAnswer>): Promise<void> => {
    try {
      // Read first: others add to it while this one waits.
      const answer = await call();
      removed += answer.removed;
    } catch (error) {
      const failed = problemOf(error);
      if (failed.code !== 'host_not_found') problem = failed;
    }
  };
  if (removal.kind === 'matching') {
    const body = { filter: removal.filter, ...(by === '' ? {} : { by }) };
    await attempt(() => api.send('POST', '/api/hosts/remove', body));
    return { removed, problem };
  }
  const left = [...removal.hosts];
  const query = by === '' ? '' : `?by=${encodeURIComponent(by)}`;
  const work = async (): Promise<void> => {
    for (let host = left.shift(); host !== undefined && problem === null; host = left.shift()) {
      const path = `/api/hosts/${host.id}${query}`;
      await attempt(() => api.send('DELETE', path));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { removed, problem };
}
