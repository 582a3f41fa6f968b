/** What a comparison is told, brought into its limits. Pure. */
import { TRANSPORTS } from '../ladder.ts';
import { type ComparisonSettings, SETTING_LIMITS } from './comparison-state.ts';

export const DEFAULT_SETTINGS: ComparisonSettings = {
  transports: TRANSPORTS,
  pollMs: 2_000,
  changesPerSecond: 10,
  delayMs: 0,
  cutEveryS: 0,
};

/** The nearest whole number within the limits; what is no number changes nothing. */
function clamped(key: keyof typeof SETTING_LIMITS, wanted: number | undefined, before: number): number {
  if (wanted === undefined || Number.isNaN(wanted)) return before;
  const { min, max } = SETTING_LIMITS[key];
  return Math.round(Math.min(max, Math.max(min, wanted)));
}

/** `before` with `wanted` on top. Transports come in the order of TRANSPORTS, each once; none changes nothing. */
export function withinLimits(
  before: ComparisonSettings,
  wanted: Partial<ComparisonSettings>,
): ComparisonSettings {
  const transports = TRANSPORTS.filter((transport) => wanted.transports?.includes(transport));
  return {
    transports: transports.length === 0 ? before.transports : transports,
    pollMs: clamped('pollMs', wanted.pollMs, before.pollMs),
    changesPerSecond: clamped('changesPerSecond', wanted.changesPerSecond, before.changesPerSecond),
    delayMs: clamped('delayMs', wanted.delayMs, before.delayMs),
    // Never to cut is no shortest time between cuts.
    cutEveryS: wanted.cutEveryS === 0 ? 0 : clamped('cutEveryS', wanted.cutEveryS, before.cutEveryS),
  };
}
