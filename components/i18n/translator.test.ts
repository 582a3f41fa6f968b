import compile from 'icu-minify/compile';
import { createElement, isValidElement, type ReactElement } from 'react';
import { describe, expect, test } from 'vitest';
import { LOCALES } from './locales.ts';
import { type CompiledMessages, messagesFor } from './messages.ts';
import { createLanguage, type Translator } from './translator.ts';

/** `hosts` stands for any namespace: its messages are the ones given here. */
function sayIn(locale: 'en' | 'zh-CN', texts: Readonly<Record<string, string>>) {
  const errors: unknown[] = [];
  const messages: CompiledMessages = {
    hosts: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, compile(text)])),
  };
  const language = createLanguage(locale, messages, 'Asia/Shanghai', (error) => errors.push(error));
  return { language, t: language.translator('hosts') as unknown as Translator<'hosts'> & LooseKeys, errors };
}
type LooseKeys = {
  (key: string, values?: Record<string, string | number>): string;
  rich(key: string, values?: Record<string, unknown>): unknown;
};

describe('messages', () => {
  test('values, numbers and plurals are said as the language does', () => {
    const text = '{count, plural, =0 {none} one {# host} other {# hosts}} of {total, number} at {place}';
    const { t, errors } = sayIn('en', { text });
    expect(t('text', { count: 1, total: 12_345, place: 'A' })).toBe('1 host of 12,345 at A');
    expect(t('text', { count: 1_200, total: 5, place: '{b}' })).toBe('1,200 hosts of 5 at {b}');
    expect(t('text', { count: 0, total: 0, place: '' })).toBe('none of 0 at ');
    expect(errors).toEqual([]);
  });

  test('tags become what their functions give, with keys of their own', () => {
    const { t, errors } = sayIn('en', { text: 'a <b>{n}</b>, <b>two</b> and <plain>three</plain>' });
    const said = t.rich('text', {
      n: 1,
      b: (words: unknown) => createElement('b', null, words as string),
      plain: (words: unknown) => words,
    });
    const parts = said as readonly (string | ReactElement)[];
    const elements = parts.filter((part): part is ReactElement => isValidElement(part));
    expect(elements.map(({ type }) => type)).toEqual(['b', 'b']);
    expect(new Set(elements.map(({ key }) => key)).size).toBe(2);
    expect(parts.filter((part) => typeof part === 'string').join('|')).toBe('a |, | and three');
    expect(errors).toEqual([]);
  });

  test.each(['gone', 'gone.deeper', 'text.deeper'])(
    'a key that is not there stands on the page: %s',
    (key) => {
      const { t, errors } = sayIn('en', { text: 'here' });
      expect(t(key)).toBe(`hosts.${key}`);
      expect(t.rich(key)).toBe(`hosts.${key}`);
      expect(errors).toHaveLength(2);
    },
  );

  test('a message that cannot be said is told of and does not throw', () => {
    const { t, errors } = sayIn('en', { text: '{at, date}' });
    expect(t('text', { at: Number.NaN })).toBe('hosts.text');
    expect(errors).toHaveLength(1);
  });

  test.each(LOCALES)('a namespace has one function for as long as its language: %s', (locale) => {
    const language = createLanguage(locale, messagesFor(locale), 'UTC', () => {});
    expect(language.translator('common.state')).toBe(language.translator('common.state'));
    expect(language.translator('common.state')('up')).not.toBe(language.translator('common.state')('down'));
  });
});

describe('values', () => {
  test('numbers, times in the reader’s zone, lists', () => {
    const { format } = sayIn('en', {}).language;
    expect(format.number(1234.5)).toBe('1,234.5');
    expect(format.number(0.5, { style: 'percent' })).toBe('50%');
    expect(format.number(1234.5)).toBe('1,234.5');
    const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    expect(format.dateTime(Date.UTC(2026, 0, 1, 20, 30), time)).toBe('04:30');
    expect(format.list(['a', 'b', 'c'], { type: 'disjunction' })).toBe('a, b, or c');
  });

  test('another language has its own', () => {
    const { language, t } = sayIn('zh-CN', { text: '{n, plural, other {# 台}}' });
    expect(language.format.list(['甲', '乙'], { type: 'conjunction' })).toBe('甲和乙');
    expect(t('text', { n: 3 })).toBe('3 台');
  });
});
