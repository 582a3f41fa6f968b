/** Follows the pages of a list of the API to its end or to a limit, each page once, and prints them as one. */
import type { Position } from '../../lib/protocol/position.ts';
import type { Console } from './agent.ts';
import { type ApiClient, ApiUnreachable, isRecord } from './api-client.ts';
import type { Terminal } from './command.ts';
import { printableJson } from './printable-text.ts';

/** What one call takes at most. */
const PAGE = 500;

export type Page<T> = {
  readonly position: Position;
  /** How many there are on all pages; null: the server does not say. */
  readonly total: number | null;
  readonly items: readonly T[];
  /** Where the list goes on; null: this was its end. */
  readonly nextCursor: string | null;
};

/** One kind of list: where it is, what it is called in the answer, what stands in it. */
export type ListOf<T> = {
  readonly path: string;
  readonly field: string;
  readonly isItem: (value: unknown) => value is T;
};

/** The page in an answer; null: it is none. */
function pageIn<T>({ field, isItem }: ListOf<T>, body: Readonly<Record<string, unknown>>): Page<T> | null {
  const { position, total, nextCursor, [field]: items } = body;
  if (!isRecord(position) || typeof position.e !== 'string' || typeof position.s !== 'number') return null;
  if (!Array.isArray(items) || items.length > PAGE || !items.every(isItem)) return null;
  if (nextCursor !== null && (typeof nextCursor !== 'string' || nextCursor.length > 2_000)) return null;
  return {
    position: { e: position.e, s: position.s },
    total: typeof total === 'number' ? total : null,
    items,
    nextCursor,
  };
}

/** Until `limit` items have come. Throws as the client does, and when the list does not get on. */
export async function* pagesOf<T>(
  client: ApiClient,
  list: ListOf<T>,
  query: URLSearchParams,
  limit: number,
): AsyncIterable<Page<T>> {
  let left = limit;
  let cursor: string | null = null;
  for (;;) {
    const parameters = new URLSearchParams(query);
    parameters.set('limit', String(Math.min(PAGE, left)));
    if (cursor !== null) parameters.set('cursor', cursor);
    const page = pageIn(list, await client.get(`${list.path}?${parameters}`, isRecord));
    if (page === null) throw new ApiUnreachable(`the answer at ${list.path} is not a list of ${list.field}`);
    yield page;
    left -= page.items.length;
    if (page.nextCursor === null || left <= 0) return;
    if (page.items.length === 0 || page.nextCursor === cursor) {
      throw new ApiUnreachable(`the list at ${list.path} does not get on`);
    }
    cursor = page.nextCursor;
  }
}

/** All pages as one answer of the API, an item a line. Cut short, it is no longer JSON. */
export async function printPagesAsJson<T>(
  pages: AsyncIterable<Page<T>>,
  field: string,
  terminal: Terminal,
  console: Console,
): Promise<void> {
  let isFirst = true;
  let waiting: string | null = null;
  let nextCursor: string | null = null;
  for await (const page of pages) {
    if (isFirst) {
      const total = page.total === null ? '' : `"total":${page.total},`;
      console.print(`{"position":${printableJson(page.position)},${total}${JSON.stringify(field)}:[`);
      isFirst = false;
    }
    for (const item of page.items) {
      if (waiting !== null) console.print(`${waiting},`);
      waiting = printableJson(item);
    }
    nextCursor = page.nextCursor;
    if (terminal.isAbandoned()) return;
  }
  if (waiting !== null) console.print(waiting);
  console.print(`],"nextCursor":${printableJson(nextCursor)}}`);
}
