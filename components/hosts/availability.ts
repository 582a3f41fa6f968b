/** Owns how many digits a share of availability is told with: enough to see a short outage, never rounded up to 100. Pure. */

export type ShareDigits = { readonly percent: number; readonly digits: number; readonly below: boolean };

const MOST_DIGITS = 4;

/**
 * A share in hundredths, cut off and not rounded, with the fewest digits (2 to 4) that tell it from 100. `below`: it is
 * more than nothing and less than the digits can say. Only what never was down is 100, without digits.
 */
export function shareDigits(share: number): ShareDigits {
  if (share >= 1) return { percent: 100, digits: 0, below: false };
  const cut = (digits: number) => Math.floor(share * 100 * 10 ** digits + 1e-9) / 10 ** digits;
  let digits = 2;
  while (digits < MOST_DIGITS && 100 - cut(digits) <= 10 ** -digits + 1e-12) digits++;
  const percent = Math.min(cut(digits), 100 - 10 ** -MOST_DIGITS);
  if (percent === 0 && share > 0) return { percent: 0.01, digits: 2, below: true };
  return { percent, digits, below: false };
}
