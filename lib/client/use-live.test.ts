import { createElement, type ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import {
  LiveProvider,
  useAgeMs,
  useAlerts,
  useCounts,
  useHostDescriptions,
  useLink,
  useLive,
  useNow,
  useServerNow,
} from './use-live.ts';

function Page(): ReactElement {
  const facts = [
    useLink().status,
    useLink().mode,
    useCounts(),
    useAlerts().size,
    useLive((state) => state.epoch),
    useNow(),
    useServerNow(),
    useAgeMs(),
    useHostDescriptions([1, 2]).size,
  ];
  return createElement('p', null, JSON.stringify(facts));
}

test('C36: server-rendered hooks give the empty view, and say so without a provider', () => {
  const html = renderToString(createElement(LiveProvider, null, createElement(Page)));
  expect(html.replaceAll('&quot;', '"')).toBe('<p>["idle","auto",null,0,null,0,0,null,0]</p>');
  expect(() => renderToString(createElement(Page))).toThrow('LiveProvider');
});
