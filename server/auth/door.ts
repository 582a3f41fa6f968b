/**
 * What happens to a request before anything behind the door sees it: let in, sent to another page, or refused. Pure,
 * O(1). The API checks roles itself (router.ts); here it is only about being signed in at all.
 */
import type { Identity } from './identity.ts';
import { LOGIN_PATH, loginPathFor, pageAfterSignIn } from './next-path.ts';

export type Entrance =
  | { readonly type: 'pass' }
  /** 303 to a path of this server. */
  | { readonly type: 'redirect'; readonly to: string }
  | { readonly type: 'unauthenticated'; readonly detail: string };

/** The calls that answer those who are not signed in: the routes whose access is `open`. */
export const OPEN_CALLS: readonly string[] = ['GET /api/session', 'POST /api/login', 'POST /api/setup'];

/** What the sign-in page is made of; none of it knows anything of this server's hosts. */
const OPEN_FILES: ReadonlySet<string> = new Set(['/icon.svg', '/manifest.webmanifest']);
/** Without anything that could lead out of the folder again when it is decoded a second time. */
const OPEN_FOLDER = /^\/_next\/static\/(?!.*(%2f|%5c|\.\.))/i;

const PASS: Entrance = { type: 'pass' };
const UNAUTHENTICATED: Entrance = {
  type: 'unauthenticated',
  detail: 'sign in at /login, or send an API token as Authorization: Bearer pwt_…',
};

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** `isRouter`: the page's own router asks, with the header `rsc`, and reads the answer with a program. */
export function entranceOf(
  request: { readonly method: string; readonly url: URL; readonly isRouter: boolean },
  identity: Identity | null,
): Entrance {
  const { method, url } = request;
  const { pathname } = url;
  if (pathname === LOGIN_PATH && isRead(method)) {
    // Who is signed in already has no business there.
    if (identity !== null) return { type: 'redirect', to: pageAfterSignIn(url.searchParams.get('next')) };
    // No page leads there by its router, and Next logs a stack for each such request that is malformed: strangers
    // could fill the disk with them.
    return request.isRouter ? UNAUTHENTICATED : PASS;
  }
  if (identity !== null) return PASS;
  if (isRead(method) && (OPEN_FILES.has(pathname) || OPEN_FOLDER.test(pathname))) return PASS;
  if (OPEN_CALLS.includes(`${method === 'HEAD' ? 'GET' : method} ${pathname}`)) return PASS;
  const isPage = !/^\/(api|rt|socket\.io|_next)(\/|$)/.test(pathname);
  // Next's router takes any answer that is none of its own for "load that page afresh", which then gets the redirect:
  // the page that was there, with all it knows, is gone. A redirect here would only swap what is in it.
  if (!isPage || !isRead(method) || request.isRouter) return UNAUTHENTICATED;
  return { type: 'redirect', to: loginPathFor(url) };
}
