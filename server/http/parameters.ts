/** Reads the query of a URL and the fields of a JSON body, each checked once, here. Errors name the parameter. */
import { invalidParameter, ProblemError, visible } from './problem.ts';

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 500;

export class QueryParameters {
  readonly #search: URLSearchParams;

  /** `repeatable`: those that may come more than once. Throws for a name that is not among the accepted ones. */
  constructor(url: string, accepted: readonly string[], repeatable: readonly string[] = []) {
    this.#search = new URL(url, 'http://localhost').searchParams;
    const seen = new Set<string>();
    for (const name of this.#search.keys()) {
      if (!accepted.includes(name)) {
        const list = accepted.length === 0 ? 'no parameter' : accepted.join(', ');
        throw new ProblemError(
          'invalid_parameter',
          `${visible(name.slice(0, 100))} is not a parameter here; accepted: ${list}`,
        );
      }
      if (seen.has(name) && !repeatable.includes(name)) {
        throw invalidParameter(name, this.#search.getAll(name), 'one value');
      }
      seen.add(name);
    }
  }

  /** null: not given. An empty value counts as not given. */
  text(name: string): string | null {
    return this.#search.get(name) || null;
  }

  all(name: string): string[] {
    return this.#search.getAll(name);
  }

  oneOf<T extends string>(name: string, accepted: readonly T[]): T | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!(accepted as readonly string[]).includes(text)) {
      throw invalidParameter(name, text, `one of ${accepted.join(', ')}`);
    }
    return text as T;
  }

  integer(name: string, min: number, max: number): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw invalidParameter(name, text, `a whole number from ${min} to ${max}`);
    return value;
  }

  limit(): number {
    return this.integer('limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
  }

  /** An instant in ms since the epoch. */
  instant(name: string): number | undefined {
    return this.integer(name, 0, 8_640_000_000_000_000 / 10) ?? undefined;
  }
}

/** For calls that take no query. */
export function withoutParameters(url: string): void {
  new QueryParameters(url, []);
}

/** The JSON object of a body; refuses fields that nothing reads, so that a misspelt one is not silently ignored. */
export function bodyFields(body: unknown, accepted: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidParameter('the body', body, `an object with the fields ${accepted.join(', ')}`);
  }
  for (const name of Object.keys(body)) {
    if (accepted.includes(name)) continue;
    throw new ProblemError(
      'invalid_parameter',
      `${visible(name.slice(0, 100))} is not a field here; accepted: ${accepted.join(', ')}`,
    );
  }
  return body as Record<string, unknown>;
}

/** Undefined when the field is absent. Refuses what would look like something else on a page. */
export function textField(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  maxLength: number,
): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value.trim() : null;
  if (text === null || text.length > maxLength || /[\p{Cc}\p{Bidi_Control}]/u.test(text)) {
    throw invalidParameter(name, value, `at most ${maxLength} characters without control characters`);
  }
  return text === '' ? undefined : text;
}
