/** Answers to what went wrong, as RFC 9457 problem documents with a code from the catalogue (docs/errors.md). */
import type { ErrorCode } from '#lib/protocol/errors.ts';

/** An expected refusal: thrown by a handler, answered as its problem document. */
export class ProblemError extends Error {
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  /** `detail`: what was wrong here, and what is accepted. */
  constructor(code: ErrorCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }
}

export function invalidParameter(name: string, got: unknown, takes: string): ProblemError {
  return new ProblemError('invalid_parameter', `${name} is ${shown(got)}; it takes ${takes}`);
}

/** The beginning of a value as JSON. One nested thousands deep is parsed all right, and is too much to write out. */
function shown(got: unknown): string {
  try {
    return visible(JSON.stringify(got)?.slice(0, 200) ?? 'nothing');
  } catch {
    return 'a value that is nested too deeply';
  }
}

/** Text from outside with its control and format characters (bidi among them) written out: `\u{202e}`. */
export function visible(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
