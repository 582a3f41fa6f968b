/**
 * Calls of the HTTP API as the commands make them: one server, one token, bounded answers, refusals as errors whose
 * message is the server's own. Redirects are not followed, so a token goes to the named server alone.
 */

const TIMEOUT_MS = 30_000;
/** 500 hosts with 16 full labels each are some 2 MB. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_DETAIL_LENGTH = 500;

/** The server refused: `message` is its problem's detail. */
export class ApiRefusal extends Error {
  /** From the catalogue of docs/errors.md. */
  readonly code: string;
  /** A token went along. */
  readonly hadToken: boolean;

  constructor(message: string, code: string, hadToken: boolean) {
    super(message);
    this.code = code;
    this.hadToken = hadToken;
  }
}

/** Nobody there, or nobody who speaks as Pulsewatch does. */
export class ApiUnreachable extends Error {}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}

export class ApiClient {
  readonly url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  /** `token`: sent with every call; null: none. */
  constructor(url: URL, token: string | null) {
    this.url = url;
    this.#headers = token === null ? {} : { authorization: `Bearer ${token}` };
  }

  /** `path` with its query. Throws ApiRefusal and ApiUnreachable, as all do. */
  get<T>(path: string, isAnswer: (body: unknown) => body is T): Promise<T> {
    return this.#call('GET', path, undefined, isAnswer);
  }

  post<T>(path: string, body: object, isAnswer: (body: unknown) => body is T): Promise<T> {
    return this.#call('POST', path, body, isAnswer);
  }

  delete<T>(path: string, isAnswer: (body: unknown) => body is T): Promise<T> {
    return this.#call('DELETE', path, undefined, isAnswer);
  }

  async #call<T>(
    method: string,
    path: string,
    body: object | undefined,
    isAnswer: (body: unknown) => body is T,
  ): Promise<T> {
    const { ok, status, text } = await this.#fetched(method, path, body);
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw this.#unreachable(ok ? 'its answer is not JSON' : `it answered ${status}`);
    }
    if (!ok)
      throw refusalIn(answer, 'authorization' in this.#headers) ?? this.#unreachable(`it answered ${status}`);
    if (!isAnswer(answer)) {
      throw this.#unreachable(`its answer to ${path.split('?')[0]} is not one of Pulsewatch's`);
    }
    return answer;
  }

  async #fetched(
    method: string,
    path: string,
    body: object | undefined,
  ): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
    try {
      const response = await fetch(new URL(path, this.url), {
        method,
        // A write needs the type also when it has no body.
        headers: { ...this.#headers, ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { ok: response.ok, status: response.status, text: await this.#textOf(response) };
    } catch (error) {
      throw error instanceof ApiUnreachable ? error : this.#unreachable(why(error));
    }
  }

  async #textOf(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) throw this.#unreachable('its answer is too long');
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  #unreachable(reason: string): ApiUnreachable {
    return new ApiUnreachable(`no Pulsewatch at ${this.url.origin}: ${reason}`);
  }
}

/** What a problem document says; null: this is none. */
function refusalIn(problem: unknown, hadToken: boolean): ApiRefusal | null {
  if (!isRecord(problem) || typeof problem.code !== 'string') return null;
  const message = [problem.detail, problem.title, problem.code].find(
    (text) => typeof text === 'string' && text !== '',
  );
  return new ApiRefusal(String(message).slice(0, MAX_DETAIL_LENGTH), problem.code, hadToken);
}
