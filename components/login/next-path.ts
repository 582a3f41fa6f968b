/** Where to go after signing in: a page of this server and nothing else, whatever the address says. Pure. */

const HOME = '/';
const MAX_LENGTH = 2_000;
/** Stands for whichever origin the page has; nobody can own it (RFC 2606). */
const HERE = 'http://here.invalid';

/** The path, query and fragment of `next`; the overview where it is missing, foreign, or the sign-in page itself. */
export function nextPathOf(next: string | undefined): string {
  if (next === undefined || next.length > MAX_LENGTH || !next.startsWith('/')) return HOME;
  // URL.parse would say it in one line, and is missing in browsers of 2024.
  if (!URL.canParse(next, HERE)) return HOME;
  const url = new URL(next, HERE);
  if (url.origin !== HERE) return HOME;
  // As the parser understood it, which drops what could mislead: `/\t/evil`, `/./`. What is left may still be `//evil`.
  const path = `${url.pathname}${url.search}${url.hash}`;
  return path.startsWith('//') || url.pathname === '/login' ? HOME : path;
}
