/**
 * Owns what becomes of a read of the API that failed. Pure; knows no page.
 */
import { ApiError } from '@/lib/client/api-client.ts';

export type ReadProblem = { readonly code: string; readonly detail: string };

/** Never nothing: for what was asked for by hand. */
export function problemOf(error: unknown): ReadProblem {
  return error instanceof ApiError
    ? { code: error.code, detail: error.detail }
    : { code: 'network', detail: String(error) };
}

/** What a page says of it; null when nobody is signed in, which the banner above every page says, with the way out. */
export function readProblem(error: unknown): ReadProblem | null {
  const problem = problemOf(error);
  return problem.code === 'unauthenticated' ? null : problem;
}
