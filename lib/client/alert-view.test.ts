import { expect, test } from 'vitest';
import { AlertView, MAX_OPEN } from './alert-view.ts';
import { anAlert } from './testing/model-server.ts';

const id = (n: number): string => `${n.toString(16).padStart(16, '0')}-1`;
const open = (n: number, changes = {}) => anAlert(id(n), changes);
const closed = (n: number) => anAlert(id(n), { closedAt: 9 });
const ack = { by: 'ann', at: 5, comment: null, expiresAt: null };
const ids = (view: AlertView): string[] => [...view.open().keys()].sort();

test('C8: of each alert the newest s wins, whatever the order of the frames', () => {
  const view = new AlertView();
  view.apply({ f: 0, s: 1, alerts: [open(1), open(2)] });
  view.apply({ f: 4, s: 5, alerts: [open(1, { ack })] });
  view.apply({ f: 1, s: 3, alerts: [open(1), open(3)] });
  expect(view.open().get(id(1))!.ack).toEqual(ack);
  expect(ids(view)).toEqual([id(1), id(2), id(3)]);
  view.apply({ f: 4, s: 6, alerts: [closed(1)] });
  view.apply({ f: 1, s: 5, alerts: [open(1, { ack })] });
  expect(ids(view)).toEqual([id(2), id(3)]);
  view.apply({ f: 6, s: 7, alerts: [open(1, { ack })] });
  expect(ids(view)).toEqual([id(1), id(2), id(3)]);
});

test('C8: f = 0 names all that are open; what changed later stays, what is older cannot come back', () => {
  const view = new AlertView();
  view.apply({ f: 0, s: 1, alerts: [open(1), open(2)] });
  view.apply({ f: 7, s: 8, alerts: [open(4)] });
  view.apply({ f: 0, s: 5, alerts: [open(2), open(3)] });
  expect(ids(view)).toEqual([id(2), id(3), id(4)]);
  view.apply({ f: 1, s: 3, alerts: [open(1)] });
  expect(ids(view)).toEqual([id(2), id(3), id(4)]);
});

test('C8: a whole list that comes late opens nothing again that a newer one did not name', () => {
  const view = new AlertView();
  view.apply({ f: 0, s: 3, alerts: [open(2)] });
  view.apply({ f: 0, s: 2, alerts: [open(1), open(2)] });
  expect(ids(view)).toEqual([id(2)]);
  // But where the newer one could not name them all, it tells of the others.
  view.apply({ f: 0, s: 9, alerts: [open(2)], more: true });
  view.apply({ f: 0, s: 8, alerts: [open(2), open(3)] });
  expect(ids(view)).toEqual([id(2), id(3)]);
});

test('C8: a view that does not hold all open alerts says so until it was told all', () => {
  const view = new AlertView();
  view.apply({ f: 0, s: 1, alerts: [open(1)] });
  expect(view.truncated).toBe(false);
  view.apply({ f: 1, s: 2, alerts: [open(2)], more: true });
  view.apply({ f: 2, s: 3, alerts: [open(3)] });
  expect(view.truncated).toBe(true);
  view.apply({ f: 0, s: 4, alerts: [open(3)] });
  expect(view.truncated).toBe(false);
  expect(ids(view)).toEqual([id(3)]);
  for (let s = 5; s < 15; s++) {
    view.apply({ f: s - 1, s, alerts: Array.from({ length: 500 }, (_, i) => open(s * 500 + i)) });
  }
  expect(view.open().size).toBe(MAX_OPEN);
  expect(view.open().has(id(14 * 500 + 499))).toBe(true);
  expect(view.truncated).toBe(true);
});

test('C8: closed episodes are remembered in bounded number, and those forgotten stay closed', () => {
  const view = new AlertView();
  view.apply({ f: 0, s: 1, alerts: [] });
  for (let s = 2; s < 22; s++) {
    view.apply({ f: s - 1, s, alerts: Array.from({ length: 100 }, (_, i) => closed(s * 100 + i)) });
  }
  view.apply({ f: 1, s: 2, alerts: [open(200)] });
  expect(view.open().size).toBe(0);
  view.apply({ f: 21, s: 22, alerts: [open(200)] });
  expect(ids(view)).toEqual([id(200)]);
});
