/**
 * Ends what is under way for somebody who is sent away: a request they are still sending must not act under a role
 * they no longer have, and an export must not go on for hours. Main thread; one listener a request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../auth/identity.ts';

/** An answer that is being made may still get through: it is also that of whoever signs out. */
const LAST_WORDS_MS = 1_000;

export function endWithIdentity(
  identity: Identity,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  let timer: NodeJS.Timeout | null = null;
  const stopListening = identity.onEnd(() => {
    // What has not been read to its end has not been acted on.
    if (request.complete) timer = setTimeout(() => response.destroy(), LAST_WORDS_MS);
    else response.destroy();
  });
  response.once('close', () => {
    stopListening();
    if (timer !== null) clearTimeout(timer);
  });
}
