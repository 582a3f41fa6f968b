/**
 * Owns what a comparison is asked for, as it stands in the address. Pure. Anything an address may contain is accepted;
 * what is not understood falls back to its default. What else stands in the address is left alone.
 */
import { DEFAULT_SETTINGS } from '@/lib/client/comparison/comparison-settings.ts';
import { type ComparisonSettings, SETTING_LIMITS } from '@/lib/client/comparison/comparison-state.ts';
import { TRANSPORTS } from '@/lib/client/ladder.ts';

export const TRANSPORTS_PATH = '/transports';

export type NumberSetting = keyof typeof SETTING_LIMITS;

/** What the controls offer; the address may name any whole number the comparison takes. */
export const CHOICES: Readonly<Record<NumberSetting, readonly number[]>> = {
  pollMs: [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000],
  changesPerSecond: [0, 1, 10, 100, 1_000],
  delayMs: [0, 20, 50, 100, 250, 500, 1_000],
  cutEveryS: [0, 5, 10, 30, 60],
};

const PARAMETER: Readonly<Record<NumberSetting, string>> = {
  pollMs: 'poll',
  changesPerSecond: 'rate',
  delayMs: 'delay',
  cutEveryS: 'cut',
};
const NUMBER_SETTINGS = Object.keys(PARAMETER) as NumberSetting[];
const LANES = 'lanes';

/** Is it a whole number the comparison takes as it stands? */
export function isAccepted(setting: NumberSetting, value: number): boolean {
  const { min, max } = SETTING_LIMITS[setting];
  // Never to cut is no number of seconds between cuts.
  return (
    Number.isInteger(value) && ((value >= min && value <= max) || (setting === 'cutEveryS' && value === 0))
  );
}

function numberOf(text: string | null, setting: NumberSetting): number {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return isAccepted(setting, value) ? value : DEFAULT_SETTINGS[setting];
}

/** What the address asks for; never without a lane. Never throws. */
export function parseComparison(params: Pick<URLSearchParams, 'get'>): ComparisonSettings {
  const named = (params.get(LANES) ?? '').split(',');
  const transports = TRANSPORTS.filter((transport) => named.includes(transport));
  return {
    transports: transports.length === 0 ? DEFAULT_SETTINGS.transports : transports,
    pollMs: numberOf(params.get(PARAMETER.pollMs), 'pollMs'),
    changesPerSecond: numberOf(params.get(PARAMETER.changesPerSecond), 'changesPerSecond'),
    delayMs: numberOf(params.get(PARAMETER.delayMs), 'delayMs'),
    cutEveryS: numberOf(params.get(PARAMETER.cutEveryS), 'cutEveryS'),
  };
}

/** The address that asks for it: only what differs from the default, after what else the query `present` holds. */
export function comparisonAddress(settings: ComparisonSettings, present: string): string {
  const params = new URLSearchParams(present);
  params.delete(LANES);
  const transports = TRANSPORTS.filter((transport) => settings.transports.includes(transport));
  if (transports.length > 0 && transports.length < TRANSPORTS.length) {
    params.set(LANES, transports.join(','));
  }
  for (const setting of NUMBER_SETTINGS) {
    if (settings[setting] === DEFAULT_SETTINGS[setting]) params.delete(PARAMETER[setting]);
    else params.set(PARAMETER[setting], String(settings[setting]));
  }
  const search = params.toString().replaceAll('%2C', ',');
  return search === '' ? TRANSPORTS_PATH : `${TRANSPORTS_PATH}?${search}`;
}

/** The values a control offers: the usual ones, and the one the address names if it is another. */
export function choicesOf(setting: NumberSetting, value: number): readonly number[] {
  const values = CHOICES[setting];
  return values.includes(value) ? values : [...values, value].sort((one, other) => one - other);
}
