/**
 * Turns what a transport delivered into a Frame, or says what is wrong with it: nothing from outside is trusted
 * to have the form of the protocol. Pure. O(alerts) for A, O(1) for the rest but base64.
 */
import type { Alert } from '#lib/protocol/alert.ts';
import { bytesFromBase64, type Frame, MAX_ALERTS_PER_FRAME } from '#lib/protocol/frames.ts';
import type { HostCounts } from '#lib/protocol/host.ts';
import { parsePosition } from '#lib/protocol/position.ts';
import { PROTOCOL_VERSION } from '#lib/protocol/version.ts';

/** More slots than any server publishes; keeps a forged frame from taking the page's memory. */
export const MAX_SLOTS = 2 ** 24;

/** `unknown`: a frame of a later protocol, to be ignored. `bad`: breaks the contract; `version` when by its number. */
export type ParsedFrame =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'bad'; readonly problem: string; readonly version: boolean };

type Fields = Readonly<Record<string, unknown>>;
const RESET_REASONS = ['epoch', 'gap', 'digest', 'slow', 'old'] as const;
const DIGEST = /^[0-9a-f]{16}$/;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isInstant = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

class BadFrame extends Error {
  readonly version: boolean;
  constructor(problem: string, version = false) {
    super(problem);
    this.version = version;
  }
}

function count(fields: Fields, key: string, limit = Number.MAX_SAFE_INTEGER): number {
  const value = fields[key];
  if (!isCount(value) || value > limit) throw new BadFrame(`${key} must be an integer from 0 to ${limit}`);
  return value;
}

function instant(fields: Fields, key: string): number {
  const value = fields[key];
  if (!isInstant(value)) throw new BadFrame(`${key} must be a time in ms`);
  return value;
}

function epoch(fields: Fields): string {
  const position = parsePosition(typeof fields.e === 'string' ? fields.e : null, 0);
  if (position === null) throw new BadFrame('e must be 16 hex digits');
  return position.e;
}

function digest(fields: Fields): string {
  const value = fields.dig;
  if (typeof value !== 'string' || !DIGEST.test(value)) throw new BadFrame('dig must be 16 hex digits');
  return value;
}

function version(fields: Fields): typeof PROTOCOL_VERSION {
  if (fields.v !== PROTOCOL_VERSION) {
    throw new BadFrame(`frames of version ${String(fields.v)}; this page speaks ${PROTOCOL_VERSION}`, true);
  }
  return PROTOCOL_VERSION;
}

/** Binary as Socket.IO gives it (ArrayBuffer in browsers, Buffer in Node) or base64 as JSON does. */
function bytes(fields: Fields, key: string): Uint8Array {
  const value = fields[key];
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value === 'string') {
    try {
      return bytesFromBase64(value);
    } catch {
      throw new BadFrame(`${key} is not base64`);
    }
  }
  throw new BadFrame(`${key} must be bytes`);
}

function isAlert(value: unknown): value is Alert {
  if (!isFields(value)) return false;
  return (
    typeof value.id === 'string' &&
    typeof value.hostId === 'string' &&
    typeof value.host === 'string' &&
    isCount(value.episode) &&
    isInstant(value.openedAt) &&
    (value.closedAt === null || isInstant(value.closedAt)) &&
    typeof value.reason === 'string' &&
    (value.ack === null || isFields(value.ack))
  );
}

function parse(fields: Fields): Frame | null {
  const t = fields.t;
  switch (t) {
    case 'S': {
      const enc = fields.enc;
      const v = version(fields);
      if (enc !== 'raw' && enc !== 'gzip') throw new BadFrame('enc must be raw or gzip');
      const n = count(fields, 'n', MAX_SLOTS);
      const data = bytes(fields, 'data');
      if (enc === 'raw' && data.length !== n) throw new BadFrame('data must have n bytes');
      const [e, s, ts] = [epoch(fields), count(fields, 's'), instant(fields, 'ts')];
      return { t, v, e, s, ts, n, enc, data, dig: digest(fields) };
    }
    case 'D': {
      const v = version(fields);
      const [e, f, s] = [epoch(fields), count(fields, 'f'), count(fields, 's')];
      if (f >= s) throw new BadFrame('f must be below s');
      const [ts, t0] = [instant(fields, 'ts'), instant(fields, 't0')];
      const [slots, states] = [bytes(fields, 'slots'), bytes(fields, 'states')];
      return { t, v, e, f, s, ts, t0, slots, states, dig: digest(fields) };
    }
    case 'A': {
      const alerts = fields.alerts;
      if (!Array.isArray(alerts) || alerts.length > MAX_ALERTS_PER_FRAME || !alerts.every(isAlert)) {
        throw new BadFrame(`alerts must be at most ${MAX_ALERTS_PER_FRAME} alerts`);
      }
      const [e, f, s, ts] = [epoch(fields), count(fields, 'f'), count(fields, 's'), instant(fields, 'ts')];
      const counts = fields.counts as HostCounts;
      return { t, e, f, s, ts, alerts, counts, ...(fields.more === true ? { more: true as const } : {}) };
    }
    case 'B': {
      const rates = fields.rates;
      if (!isFields(rates) || !isInstant(rates.heartbeatsPerSecond)) throw new BadFrame('rates are missing');
      const [e, s, ts] = [epoch(fields), count(fields, 's'), instant(fields, 'ts')];
      const heartbeatsPerSecond = rates.heartbeatsPerSecond;
      return {
        t,
        e,
        s,
        ts,
        dig: digest(fields),
        rates: { heartbeatsPerSecond, blind: rates.blind === true },
      };
    }
    case 'R': {
      const why = RESET_REASONS.find((reason) => reason === fields.why);
      if (why === undefined) throw new BadFrame(`why must be one of ${RESET_REASONS.join(', ')}`);
      return { t, e: epoch(fields), why };
    }
    default:
      if (typeof t !== 'string') throw new BadFrame('t is missing');
      return null;
  }
}

export function parseFrame(value: unknown): ParsedFrame {
  try {
    if (!isFields(value)) throw new BadFrame('a frame must be an object');
    const frame = parse(value);
    return frame === null ? { kind: 'unknown' } : { kind: 'frame', frame };
  } catch (error) {
    if (!(error instanceof BadFrame)) throw error;
    return { kind: 'bad', problem: error.message, version: error.version };
  }
}
