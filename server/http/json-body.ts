/** Reads the JSON body of a request, bounded; what is in it is the caller's to check. */
import { ProblemError } from './problem.ts';

export const MAX_BODY_BYTES = 64 * 1_024;

/** Rejects with `body_too_large`, `invalid_json` or `invalid_request`. */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readBody(request);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError('invalid_json', (error as Error).message);
  }
}

/** Counts what really comes: a length need not be announced, or true. */
async function readBody(request: Request): Promise<string> {
  const tooLarge = () => new ProblemError('body_too_large', `a body has at most ${MAX_BODY_BYTES} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    throw new ProblemError('invalid_request', 'the body broke off before its end');
  }
  if (bytes > MAX_BODY_BYTES) throw tooLarge();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new ProblemError('invalid_json', 'the body is not UTF-8');
  }
}
