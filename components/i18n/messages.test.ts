import { readdirSync } from 'node:fs';
import compile from 'icu-minify/compile';
import format from 'icu-minify/format';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { LOCALES } from './locales.ts';
import { messagesFor } from './messages.ts';

function flatten(tree: object, prefix = ''): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof value === 'object' && value !== null) {
      for (const [inner, text] of flatten(value, path)) flat.set(inner, text);
    } else {
      flat.set(path, value);
    }
  }
  return flat;
}

/** A language may say with a number what another says with a plural: both take a number. */
const KINDS = ['', 'choice', 'number', 'number', 'number', 'date', 'date'];

/**
 * Names and kinds of the arguments and tags in a list of compiled nodes: `count:number` is a number or a plural. A node is
 * text, 0 (the number of a plural), [argument], [argument, kind, options] or [tag, ...children].
 */
function argumentsOf(nodes: readonly unknown[], found: Set<string>): void {
  for (const node of nodes) {
    if (!Array.isArray(node)) continue;
    const [name, kind, options] = node;
    if (node.length === 1) {
      found.add(`${name}:argument`);
    } else if (typeof kind === 'number' && kind > 0) {
      found.add(`${name}:${KINDS[kind]}`);
      for (const option of Object.values(options ?? {}))
        if (Array.isArray(option)) argumentsOf(option, found);
    } else {
      found.add(`<${name}>`);
      argumentsOf(node.slice(1), found);
    }
  }
}

function argumentsOfMessage(text: string): string[] {
  const compiled: unknown = compile(text);
  const found = new Set<string>();
  if (Array.isArray(compiled)) argumentsOf(compiled, found);
  return [...found].sort();
}

test('arguments are found at any depth', () => {
  expect(argumentsOfMessage('plain')).toEqual([]);
  expect(argumentsOfMessage('{a} of {n, plural, one {# <b>{c}</b>} other {# {d}}}')).toEqual([
    '<b>',
    'a:argument',
    'c:argument',
    'd:argument',
    'n:number',
  ]);
});

describe('messages', () => {
  const flat = Object.fromEntries(LOCALES.map((locale) => [locale, flatten(CATALOGUE[locale])]));
  const english = flat.en!;

  test.each(LOCALES)('every file of %s is in the catalogue', (locale) => {
    const files = readdirSync(new URL(`./${locale}/`, import.meta.url)).sort();
    expect(files).toEqual(
      Object.keys(CATALOGUE[locale])
        .map((name) => `${name}.json`)
        .sort(),
    );
  });

  test.each(LOCALES)('%s has the keys English has', (locale) => {
    expect([...flat[locale]!.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test.each(LOCALES)(
    '%s: no message is empty, each is ICU and takes the arguments English takes',
    (locale) => {
      for (const [key, text] of flat[locale]!) {
        expect(typeof text, key).toBe('string');
        expect(String(text).trim(), key).not.toBe('');
        expect(argumentsOfMessage(String(text)), key).toEqual(argumentsOfMessage(String(english.get(key))));
      }
    },
  );

  test('Chinese is Chinese: what equals English has no words in it', () => {
    const same = [...flat['zh-CN']!].filter(
      ([key, text]) => english.get(key) === text && !UNTRANSLATED.has(key),
    );
    const words = same.filter(([, text]) =>
      /[a-z]{3,}/i.test(String(text).replace(/\{[^}]*\}|<[^>]*>/g, '')),
    );
    expect(words).toEqual([]);
  });

  test('compiled messages have the same shape and format in their language', () => {
    const compiled = messagesFor('zh-CN');
    expect([...flatten(compiled).keys()].length).toBeGreaterThan(0);
    const plural = compile('{count, plural, one {# host} other {# hosts}}');
    const formatters = {
      getDateTimeFormat: (...args: ConstructorParameters<typeof Intl.DateTimeFormat>) =>
        new Intl.DateTimeFormat(...args),
      getNumberFormat: (...args: ConstructorParameters<typeof Intl.NumberFormat>) =>
        new Intl.NumberFormat(...args),
      getPluralRules: (...args: ConstructorParameters<typeof Intl.PluralRules>) =>
        new Intl.PluralRules(...args),
    };
    expect(format(plural, 'en', { count: 1234 }, { formatters })).toBe('1,234 hosts');
    expect(messagesFor('en')).toBe(messagesFor('en'));
  });
});

/** Names that are the same in every language. */
const UNTRANSLATED: ReadonlySet<string> = new Set([
  'common.appName',
  'live.transport.socketio',
  'live.transport.sse',
  'settings.transport.socketio',
  'settings.transport.sse',
  'live.title.named',
]);
