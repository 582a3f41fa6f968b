import { expect, test } from 'vitest';
import { DigestRecount } from './digest.ts';
import { SelfCheck } from './self-check.ts';
import { View } from './view.ts';

const filled = (slots: number): View => {
  const view = new View();
  view.replaceAll(Uint8Array.from({ length: slots }, (_, slot) => slot % 6));
  return view;
};

test('C11: a recount in slices agrees although bytes change before and behind it', () => {
  const view = filled(1_000);
  const recount = new DigestRecount();
  view.onByte = (slot, before, after) => recount.changed(slot, before, after);
  for (let i = 0; !recount.advance(view.states, 64); i++) {
    view.set((i * 389) % 1_000, (i * 7) % 6);
    view.set(1_000 + i, 4);
  }
  expect(recount.toString()).toBe(view.digest.toString());
});

test('C11: bytes changed past the books are found by the next recount, sound ones never', async () => {
  const view = filled(200_000);
  let mismatches = 0;
  const found = new Promise<void>((resolve) => {
    const check = new SelfCheck(view, () => {
      mismatches++;
      check.stop();
      resolve();
    });
    check.restart(5);
    let rounds = 0;
    const churn = setInterval(() => {
      view.set((rounds * 7_919) % 200_000, rounds % 6);
      if (++rounds < 40) return;
      clearInterval(churn);
      expect(mismatches).toBe(0);
      view.states[199_999] = 63;
    }, 2);
  });
  await found;
  expect(mismatches).toBe(1);
});
