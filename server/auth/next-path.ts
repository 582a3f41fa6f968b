/** Where somebody is taken after signing in. Pure; nothing a stranger writes into a link leads to another origin. */

export const LOGIN_PATH = '/login';
const MAX_LENGTH = 2_000;
/** Stands for our own origin, whatever it is. */
const BASE = 'http://localhost';
/** Next's mark on requests of its router; not part of a page's address. */
const ROUTER_MARK = '_rsc';

/**
 * The path and query that `next` names, as we would write them; '/' for anything that is not plainly a page of ours.
 * What is checked is what is given back: `/.//evil.example` begins with one slash and ends up as `//evil.example`.
 */
export function pageAfterSignIn(next: string | null): string {
  if (next === null || next.length > MAX_LENGTH || !/^\/(?![/\\])/.test(next) || /[\p{Cc}\\]/u.test(next)) {
    return '/';
  }
  if (!URL.canParse(next, BASE)) return '/';
  const { origin, pathname, search } = new URL(next, BASE);
  const isPage = !/^\/(login|api|rt|socket\.io|_next)(\/|$)/.test(pathname);
  return origin === BASE && !pathname.startsWith('//') && isPage ? `${pathname}${search}` : '/';
}

/** The address of the sign-in page that leads back to this one. */
export function loginPathFor({ pathname, searchParams }: URL): string {
  const query = new URLSearchParams(searchParams);
  query.delete(ROUTER_MARK);
  const text = query.toString();
  const page = pageAfterSignIn(text === '' ? pathname : `${pathname}?${text}`);
  return page === '/' ? LOGIN_PATH : `${LOGIN_PATH}?${new URLSearchParams({ next: page })}`;
}
