/**
 * Owns saying compiled messages and formatting values in one language. Of what next-intl's runtime does only what
 * these pages ask for: it comes with every page. Pure, but that a key which does not exist is told to the console.
 */
import formatMessage from 'icu-minify/format';
import { cloneElement, isValidElement, type ReactNode } from 'react';
import type { Messages } from './catalogue.ts';
import type { Locale } from './locales.ts';
import type { CompiledMessages } from './messages.ts';

type Leaf<Tree> = {
  [Key in keyof Tree & string]: Tree[Key] extends string ? Key : `${Key}.${Leaf<Tree[Key]>}`;
}[keyof Tree & string];
type Branch<Tree> = {
  [Key in keyof Tree & string]: Tree[Key] extends string ? never : Key | `${Key}.${Branch<Tree[Key]>}`;
}[keyof Tree & string];
type At<Tree, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? At<Tree[Head & keyof Tree], Rest>
  : Tree[Path & keyof Tree];

/** `hosts`, `common.state`: where messages lie, as in the files. */
export type Namespace = Branch<Messages>;
type MessageKey<Space extends Namespace> = Leaf<At<Messages, Space>>;

type Value = string | number | Date;
type Tag = (words: ReactNode) => ReactNode;

export type Translator<Space extends Namespace> = {
  (key: MessageKey<Space>, values?: Readonly<Record<string, Value>>): string;
  /** With tags in the message, or elements as values: functions of what stands between the tags. */
  rich(key: MessageKey<Space>, values?: Readonly<Record<string, Value | Tag>>): ReactNode;
};

export type Formatter = {
  number(value: number, options?: Intl.NumberFormatOptions): string;
  /** In the reader's time zone. */
  dateTime(atMs: number, options?: Intl.DateTimeFormatOptions): string;
  list(words: readonly string[], options?: Intl.ListFormatOptions): string;
};

/** One language: `translator` gives the same function each time, so that it can be depended on. */
export type Language = {
  readonly locale: Locale;
  readonly format: Formatter;
  translator<Space extends Namespace>(namespace: Space): Translator<Space>;
};

/** Making an Intl object costs more than using it a hundred times; options are few, they stand in the code. */
function kept<Args extends unknown[], Made>(Kind: new (...args: Args) => Made): (...args: Args) => Made {
  const made = new Map<string, Made>();
  return (...args) => {
    const key = JSON.stringify(args);
    let one = made.get(key);
    if (one === undefined) {
      one = new Kind(...args);
      made.set(key, one);
    }
    return one;
  };
}

const formatters = {
  getNumberFormat: kept(Intl.NumberFormat),
  getDateTimeFormat: kept(Intl.DateTimeFormat),
  getPluralRules: kept(Intl.PluralRules),
};
const getListFormat = kept(Intl.ListFormat);

/** A tag's elements stand in a list beside each other, where React asks for keys. */
function keyed(name: string, tag: Tag): Tag {
  let count = 0;
  return (words) => {
    const made = tag(words);
    return isValidElement(made) ? cloneElement(made, { key: `${name}${count++}` }) : made;
  };
}

/** A missing or broken message is a bug: `report` is told why, and the key stands on the page. */
export function createLanguage(
  locale: Locale,
  messages: CompiledMessages,
  timeZone: string,
  report: (error: unknown) => void,
): Language {
  const say = (path: string, values?: Readonly<Record<string, Value | Tag>>): ReactNode => {
    let found: CompiledMessages[string] | undefined = messages;
    for (const key of path.split('.')) found = (found as CompiledMessages | undefined)?.[key];
    try {
      if (typeof found !== 'string' && !Array.isArray(found)) throw new Error(`There is no message ${path}.`);
      return formatMessage<ReactNode>(found, locale, values, { formatters, timeZone });
    } catch (error) {
      report(error);
      return path;
    }
  };

  const translate = <Space extends Namespace>(namespace: Space): Translator<Space> =>
    Object.assign(
      (key: string, values?: Readonly<Record<string, Value>>) => String(say(`${namespace}.${key}`, values)),
      {
        rich: (key: string, values: Readonly<Record<string, Value | Tag>> = {}) =>
          say(
            `${namespace}.${key}`,
            Object.fromEntries(
              Object.entries(values).map(([name, value]) => [
                name,
                typeof value === 'function' ? keyed(name, value) : value,
              ]),
            ),
          ),
      },
    );

  const translators = new Map<Namespace, unknown>();
  return {
    locale,
    format: {
      number: (value, options) => formatters.getNumberFormat(locale, options).format(value),
      dateTime: (atMs, options) =>
        formatters.getDateTimeFormat(locale, { ...options, timeZone }).format(atMs),
      list: (words, options) => getListFormat(locale, options).format(words),
    },
    translator: <Space extends Namespace>(namespace: Space) => {
      if (!translators.has(namespace)) translators.set(namespace, translate(namespace));
      return translators.get(namespace) as Translator<Space>;
    },
  };
}
