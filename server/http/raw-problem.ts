/** Problem documents written to a bare socket, where there is no response to write them to: refused upgrades, broken HTTP. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, PROBLEM_TYPE, problemOf } from '#lib/protocol/errors.ts';
import { ProblemError } from './problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Answers and ends the connection. The problem's own headers win. */
export function endWithProblem(socket: Duplex, problem: ProblemError): void {
  socket.on('error', () => {}); // the other side may be gone already: nobody is left to tell
  const document = problemOf(problem.code, problem.message);
  const body = JSON.stringify(document);
  const headers = {
    ...SECURITY_HEADERS,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    Connection: 'close',
    ...problem.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status } = document;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}

/** What Node's parser says of a request, as a problem. */
export function problemOfParser(error: NodeJS.ErrnoException): ProblemError {
  const [code, detail]: [ErrorCode, string] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['headers_too_large', 'the address and the headers have at most 16 KiB together']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['request_timeout', 'the request did not arrive in time']
        : ['invalid_request', `the request is not HTTP/1.1: ${error.message}`];
  return new ProblemError(code, detail);
}
