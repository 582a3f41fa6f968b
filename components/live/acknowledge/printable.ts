/**
 * Owns what of a typed text is kept: without control characters and those that turn text round, which the server
 * refuses, because a comment has to read the same for everyone. Pure.
 */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu;

export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim();
}
