/**
 * Owns compiling messages: ICU is parsed once per language here on the server, the browser only formats
 * (translator.ts). Server only; keeps the parser (~10 kB gzip) out of every page.
 */
import compile from 'icu-minify/compile';
import { CATALOGUE } from './catalogue.ts';
import type { Locale } from './locales.ts';

export type CompiledMessages = { readonly [key: string]: CompiledMessages | ReturnType<typeof compile> };

function compileTree(tree: object): CompiledMessages {
  const compiled: Record<string, CompiledMessages | ReturnType<typeof compile>> = {};
  for (const [key, value] of Object.entries(tree)) {
    // Cloned, because compiled plurals have no prototype and only plain objects pass from server to browser.
    compiled[key] = typeof value === 'string' ? structuredClone(compile(value)) : compileTree(value);
  }
  return compiled;
}

const compiledByLocale = new Map<Locale, CompiledMessages>();

/** All messages of one language, compiled. The first call for a language costs a few ms. */
export function messagesFor(locale: Locale): CompiledMessages {
  let messages = compiledByLocale.get(locale);
  if (messages === undefined) {
    messages = compileTree(CATALOGUE[locale]);
    compiledByLocale.set(locale, messages);
  }
  return messages;
}
