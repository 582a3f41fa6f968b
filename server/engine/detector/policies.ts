/**
 * Which detector watches a host, by its labels: an ordered list of rules, the first that matches wins, and a default
 * with the number 0. A policy's number is its place in the list + 1 and stands in four bits of every row. Pure.
 */
import { isLabelKey, isLabelValue, type Labels } from '../../../lib/protocol/host.ts';

export type Detector =
  /** Silent for so many intervals. */
  | { readonly kind: 'fixed'; readonly misses: number }
  /** Fewer than `received` of the last `of` expected beats arrived. */
  | { readonly kind: 'loss-window'; readonly received: number; readonly of: number }
  /** Silent for longer than its own mean interval + z deviations, but within floor and cap. */
  | { readonly kind: 'adaptive'; readonly z: number; readonly floorMs: number; readonly capMs: number };

export type DetectorRule = {
  /** All of them; at least one. */
  readonly labels: readonly (readonly [key: string, value: string])[];
  readonly detector: Detector;
};

/** The rules in order. Sent between threads as it is. */
export type DetectorPolicies = readonly DetectorRule[];

/** Everybody under the default. */
export const NO_POLICIES: DetectorPolicies = [];

/** The number of the default: `fixed` with the misses that are set for all. */
export const DEFAULT_POLICY = 0;

/** Numbers are 1 to 15. */
export const MAX_POLICIES = 15;

/** The number of the policy for a host with these labels. O(rules), no allocation. */
export function policyOf(policies: DetectorPolicies, labels: Labels): number {
  for (let i = 0; i < policies.length; i++) {
    if (matches(policies[i]!, labels)) return i + 1;
  }
  return DEFAULT_POLICY;
}

function matches(rule: DetectorRule, labels: Labels): boolean {
  for (const [key, value] of rule.labels) {
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false;
  }
  return true;
}

const TAKES =
  `up to ${MAX_POLICIES} rules separated by ";", each "label=value[,label=value…] <detector>", where a detector is ` +
  '"fixed misses=1..1000", "loss-window received=m of=n" (1 ≤ m ≤ n ≤ 64) or "adaptive [z=1..100] [floor=2s] [cap=60s]"';

const MAX_MISSES = 1_000;
const WINDOW = 64;
const Z = { min: 1, max: 100, usual: 8 };
const FLOOR = { minMs: 100, usualMs: 2_000 };
const CAP = { maxMs: 24 * 3_600_000, usualMs: 60_000 };

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The setting POLICIES, or the words for what it takes with the rule that is wrong. Empty: no rules. */
export function readPolicies(
  text: string,
): { readonly value: DetectorPolicies } | { readonly takes: string } {
  const parts = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const rules: DetectorRule[] = [];
  for (const part of parts) {
    const rule = readRule(part);
    if (typeof rule === 'string') return { takes: `${TAKES}; ${rule} in "${part}"` };
    rules.push(rule);
  }
  if (rules.length > MAX_POLICIES) return { takes: `${TAKES}; these are ${rules.length} rules` };
  return { value: rules };
}

/** The rule, or what is wrong with it. */
function readRule(text: string): DetectorRule | string {
  const [selector = '', kind = '', ...settings] = text.split(/\s+/);
  const labels: (readonly [string, string])[] = [];
  for (const pair of selector.split(',')) {
    const split = pair.indexOf('=');
    const key = pair.slice(0, split);
    const value = pair.slice(split + 1);
    if (split === -1 || !isLabelKey(key) || !isLabelValue(value)) return `"${pair}" is no label=value`;
    labels.push([key, value]);
  }
  const given = new Map<string, string>();
  for (const setting of settings) {
    const [key = '', value = '', more] = setting.split('=');
    if (value === '' || more !== undefined || given.has(key)) return `"${setting}" is no setting`;
    given.set(key, value);
  }
  const detector = readDetector(kind, given);
  if (typeof detector === 'string') return detector;
  const [unknown] = given.keys();
  if (unknown !== undefined) return `${kind} has no setting "${unknown}"`;
  return { labels, detector };
}

/** Takes what it knows out of `given`. */
function readDetector(kind: string, given: Map<string, string>): Detector | string {
  const take = (key: string): string | undefined => {
    const value = given.get(key);
    given.delete(key);
    return value;
  };
  if (kind === 'fixed') {
    const misses = whole(take('misses'), 1, MAX_MISSES);
    return misses === null ? `misses is a whole number from 1 to ${MAX_MISSES}` : { kind, misses };
  }
  if (kind === 'loss-window') {
    const of = whole(take('of'), 1, WINDOW);
    const received = whole(take('received'), 1, of ?? WINDOW);
    if (of === null || received === null)
      return `received and of are whole numbers, 1 ≤ received ≤ of ≤ ${WINDOW}`;
    return { kind, received, of };
  }
  if (kind === 'adaptive') {
    const z = number(take('z') ?? String(Z.usual));
    if (!(z >= Z.min && z <= Z.max)) return `z is a number from ${Z.min} to ${Z.max}`;
    const floorMs = duration(take('floor'), FLOOR.usualMs);
    const capMs = duration(take('cap'), Math.max(CAP.usualMs, floorMs));
    if (!(floorMs >= FLOOR.minMs && capMs >= floorMs && capMs <= CAP.maxMs)) {
      return 'floor and cap are spans such as 500ms, 2s or 1m, 100ms ≤ floor ≤ cap ≤ 24h';
    }
    return { kind, z, floorMs, capMs };
  }
  return kind === '' ? 'there is no detector' : `there is no detector "${kind}"`;
}

function number(text: string): number {
  return /^[0-9]{1,10}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : Number.NaN;
}

function whole(text: string | undefined, min: number, max: number): number | null {
  const value = number(text ?? '');
  return Number.isInteger(value) && value >= min && value <= max ? value : null;
}

/** NaN for what is none. */
function duration(text: string | undefined, otherwiseMs: number): number {
  if (text === undefined) return otherwiseMs;
  const unit = /[a-z]*$/.exec(text)![0];
  return number(text.slice(0, text.length - unit.length)) * (UNIT_MS[unit] ?? Number.NaN);
}
