/**
 * What the commands over the HTTP API have in common: where the server is, the token, the filter of hosts, the
 * question before something that cannot be overlooked, and exit codes. Knows no call of the API.
 */
import type { HostFilter } from '../../lib/protocol/api.ts';
import { isLabelKey, isLabelValue } from '../../lib/protocol/host.ts';
import type { Console } from './agent.ts';
import { ApiClient, ApiRefusal, ApiUnreachable } from './api-client.ts';
import type { Environment } from './command.ts';
import { type OptionTable, type ParsedOptions, UsageError } from './command-line.ts';
import { parseHttpUrl, wholeNumber } from './option-values.ts';
import { printable } from './printable-text.ts';

const DEFAULT_URL = 'http://127.0.0.1:3000';
const MAX_QUERY_LENGTH = 200;
const MAX_LABEL_FILTERS = 16;
const DEFAULT_LIMIT = 100;
/** Also of --all. */
export const MAX_LISTED = 1_000_000;

export const SERVER_OPTIONS = {
  url: {
    kind: 'value',
    placeholder: 'URL',
    help: `The server's address; ${DEFAULT_URL} unless given`,
    takes: `an http or https address, like ${DEFAULT_URL}`,
  },
  token: {
    kind: 'value',
    placeholder: 'TOKEN',
    help: 'An API token, where the server asks who you are; better in PULSEWATCH_TOKEN, as others see a command line',
    takes: 'an API token as the settings page showed it',
  },
  json: { kind: 'flag', help: "The API's own objects as JSON" },
  help: { kind: 'flag', help: 'This text' },
} as const satisfies OptionTable;

export const FILTER_OPTIONS = {
  label: {
    kind: 'values',
    placeholder: 'KEY:VALUE',
    help: 'Only hosts with this label, as rack:r17',
    takes: `KEY:VALUE, like rack:r17, at most ${MAX_LABEL_FILTERS} of them`,
  },
  q: {
    kind: 'value',
    placeholder: 'TEXT',
    help: 'Only hosts with this text in their name or in a value of a label',
    takes: `1 to ${MAX_QUERY_LENGTH} characters`,
  },
} as const satisfies OptionTable;

export const LIST_OPTIONS = {
  limit: {
    kind: 'value',
    placeholder: 'N',
    help: `At most so many; ${DEFAULT_LIMIT} unless given`,
    takes: `a whole number from 1 to ${MAX_LISTED}`,
  },
  all: { kind: 'flag', help: `All of them, up to ${MAX_LISTED.toLocaleString('en-US')}` },
} as const satisfies OptionTable;

export const YES_OPTION = {
  yes: { kind: 'flag', help: 'Does it without asking' },
} as const satisfies OptionTable;

/** What a header carries without a second look; the server judges whether it is one of its tokens. */
const TOKEN = /^[\x21-\x7e]{1,200}$/;

/** The token is never repeated, neither here nor in what the server says. */
export function clientOf(options: ParsedOptions<'url' | 'token'>, environment: Environment): ApiClient {
  const url = options.value('url', parseHttpUrl, new URL(DEFAULT_URL));
  const given = options.text('token');
  const token = given ?? (environment.token === '' ? undefined : environment.token);
  if (token !== undefined && !TOKEN.test(token)) {
    const where = given === undefined ? 'PULSEWATCH_TOKEN' : '--token';
    throw new UsageError(
      `${where} is not of the form of an API token; it takes ${SERVER_OPTIONS.token.takes}`,
    );
  }
  return new ApiClient(url, token ?? null);
}

/** `rack:r17`, and `rack=r17` as the agent has it. */
export function parseLabelFilter(text: string): string | null {
  const at = text.search(/[:=]/);
  if (at < 1) return null;
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  return isLabelKey(key) && isLabelValue(value) ? `${key}:${value}` : null;
}

export function filterOf(options: ParsedOptions<'label' | 'q'>): HostFilter {
  const label = options.values('label', parseLabelFilter);
  if (label.length > MAX_LABEL_FILTERS) {
    throw new UsageError(`--label got ${label.length} labels; it takes at most ${MAX_LABEL_FILTERS}`);
  }
  const q = options.value<string | undefined>(
    'q',
    (text) => (text.trim() !== '' && text.length <= MAX_QUERY_LENGTH ? text : null),
    undefined,
  );
  return { ...(q === undefined ? {} : { q }), ...(label.length === 0 ? {} : { label }) };
}

/** The query of `GET /api/hosts`. */
export function queryOf(filter: HostFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (filter.state !== undefined) query.set('state', filter.state);
  if (filter.q !== undefined) query.set('q', filter.q);
  for (const label of [filter.label ?? []].flat()) query.append('label', label);
  return query;
}

export function limitOf(options: ParsedOptions<'limit' | 'all'>): number {
  if (options.has('all') && options.has('limit'))
    throw new UsageError('--all and --limit exclude each other');
  return options.has('all') ? MAX_LISTED : options.value('limit', wholeNumber(1, MAX_LISTED), DEFAULT_LIMIT);
}

/** Before anything is asked of the server: without a person and without --yes nothing is done. */
export function requireConsent(options: ParsedOptions<'yes'>, { terminal }: Environment): void {
  if (options.has('yes') || terminal.ask !== null) return;
  throw new UsageError('there is no terminal to ask at; add --yes to do it without being asked');
}

export async function consents(
  options: ParsedOptions<'yes'>,
  { terminal }: Environment,
  question: string,
): Promise<boolean> {
  if (options.has('yes')) return true;
  const answer = await terminal.ask?.(`${printable(question)} [y/N] `);
  return /^\s*y(es)?\s*$/i.test(answer ?? '');
}

export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;

/** Runs it; what the server refuses is one line and exit code 1. */
export async function withApiErrors(
  name: string,
  console: Console,
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ApiRefusal || error instanceof ApiUnreachable)) throw error;
    console.warn(`pulsewatch ${name}: ${inWords(error)}`);
    return 1;
  }
}

/** The server's own words. Of a token that went along they know nothing: whoever it does not let in is nobody to it. */
function inWords(error: ApiRefusal | ApiUnreachable): string {
  const words = printable(error.message);
  if (!(error instanceof ApiRefusal) || error.code !== 'unauthenticated') return words;
  return error.hadToken
    ? 'the API token was not accepted: wrong, expired or revoked'
    : `${words} (put an API token in PULSEWATCH_TOKEN)`;
}
