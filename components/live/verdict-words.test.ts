import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '#lib/protocol/host.ts';
import { reasonInWords } from '#lib/protocol/reason.ts';
import { messagesFor } from '../i18n/messages.ts';
import { createLanguage } from '../i18n/translator.ts';
import { verdictWords } from './verdict-words.ts';

const words = (locale: 'en' | 'zh-CN', evidence: Evidence): string => {
  const onError = (error: unknown) => {
    throw error;
  };
  const { translator, format } = createLanguage(locale, messagesFor(locale), 'UTC', onError);
  return verdictWords(translator('alerts'), format, evidence);
};

const TIMEOUT: Evidence = {
  kind: 'timeout',
  silentMs: 5_000,
  intervalMs: 1_000,
  source: '10.1.4.7',
  lostBeats: 2,
  expectedBeats: 60,
};

describe('a verdict in words', () => {
  test('in English it is the reason of the API, to the letter', () => {
    const evidence: fc.Arbitrary<Evidence> = fc
      .record({
        kind: fc.constantFrom('timeout', 'closed', 'reset', 'bye'),
        silentMs: fc.integer({ min: 0, max: 400_000_000 }),
        intervalMs: fc.integer({ min: 10, max: 655_000 }),
        source: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("it's <b>{here}</b>"))),
        lostBeats: fc.integer({ min: 0, max: 64 }),
        expectedBeats: fc.integer({ min: 0, max: 64 }),
        unheard: fc.boolean(),
        connected: fc.boolean(),
      })
      .map(({ unheard, connected, ...drawn }) => ({
        ...drawn,
        ...(unheard ? { unheard: true as const } : {}),
        ...(connected ? { connected: true as const } : {}),
        lostBeats: Math.min(drawn.lostBeats, drawn.expectedBeats),
      }));
    fc.assert(
      fc.property(evidence, (one) => {
        expect(words('en', one)).toBe(reasonInWords(one));
      }),
    );
  });

  test('of a host that was never heard it says since when it was waited for', () => {
    const unheard: Evidence = { ...TIMEOUT, unheard: true, source: null, lostBeats: 0, expectedBeats: 0 };
    expect(words('en', unheard)).toBe(
      'no heartbeat for 5.0 s since the server started (or the host was named), one expected every 1.0 s',
    );
    expect(words('zh-CN', unheard)).toBe(
      '自服务器启动（或主机被登记）以来 5.0 秒内没有心跳，本应每 1.0 秒收到一次',
    );
  });

  test('in Chinese it says the same facts', () => {
    expect(words('zh-CN', { ...TIMEOUT, connected: true, source: null, expectedBeats: 0 })).toBe(
      '5.0 秒内没有心跳，本应每 1.0 秒收到一次；连接并未结束：机器或其网络失去响应，或进程卡住',
    );
    expect(words('zh-CN', TIMEOUT)).toBe(
      '5.0 秒内没有心跳，本应每 1.0 秒收到一次；最后来自 10.1.4.7；此前一分钟丢失 3%',
    );
    expect(words('zh-CN', { ...TIMEOUT, expectedBeats: 20, source: null })).toBe(
      '5.0 秒内没有心跳，本应每 1.0 秒收到一次；此前 20 次心跳丢失 10%',
    );
    expect(words('zh-CN', { ...TIMEOUT, kind: 'bye', expectedBeats: 0 })).toBe(
      '主动告别：计划内离开；最后来自 10.1.4.7',
    );
  });
});
