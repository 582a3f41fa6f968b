/**
 * Whether a message's tag is right, and who may do without one. Keeps the hosts' derived keys; changes no host, and
 * knows no run: the judge asks it last and says what was accepted. Shard thread. Source: PROTOCOL 1.3.
 * Cost, on one core: a tagged beat 1.2 µs in the shard against a plain one's 0.15 (0.7 of it hashing, see host-keys.ts)
 * and two short strings; 33 bytes a row that spoke with a tag, for its key.
 */
import { OFFSET } from '../../../lib/protocol/heartbeat.ts';
import { HOST_KEY_WORDS, HostMac } from '../../host-keys.ts';
import { NONE } from '../layout.ts';
import type { SourceBook } from '../source-book.ts';
import { SourceBuckets } from '../source-buckets.ts';
import { isInBlock } from './address-blocks.ts';
import { TagMark } from './tag-marks.ts';
import type { AddressBlock, TagSettings } from './tag-settings.ts';

/**
 * Keys of hosts not known yet that may be derived in a second, over all shards. A known host's is derived when it is
 * needed: there are only so many of them, and after a restart all of them come within an interval.
 */
const STRANGERS_PER_SECOND = 5_000;
/** Of these, what wrong tags of one source may cost: forged ones leave room for everybody else's hosts. */
const FORGED_SHARE = 0.1;

/** late: too many hosts not known before in this second, or too many wrong tags from there. */
export const TagVerdict = { right: 0, wrong: 1, late: 2 } as const;
export type TagVerdictCode = (typeof TagVerdict)[keyof typeof TagVerdict];

const MAX_KEY_IDS = 256;
const NO_KEY = 0;

export class TagGate {
  readonly #mac = new HostMac();
  /** By key id. */
  readonly #extracted: (Uint32Array | undefined)[] = new Array(MAX_KEY_IDS);
  readonly #plainFrom: readonly AddressBlock[];
  readonly #sources: SourceBook;
  readonly #marks: Uint8Array;
  /** By row, and one more that is worked in. */
  readonly #keys: Uint32Array;
  /** By row: of which master the key there is; NO_KEY = none is there. */
  readonly #keyIds: Uint8Array;
  readonly #work: number;
  /** Whose key stands in the one worked in, after a stranger's right tag. */
  #strangersKeyId = NO_KEY;
  readonly #strangersPerSecond: number;
  #strangersLeft: number;
  #refilledAtMs = 0;
  /** By address: what its wrong tags may still cost. */
  readonly #forged: SourceBuckets;
  readonly #words = new Uint32Array(4);
  #lastSource = NONE;
  #lastAllowed = false;

  /** marks: one byte a row, by TagMark. shards: how many share the limit on strangers. */
  constructor(settings: TagSettings, sources: SourceBook, marks: Uint8Array, shards: number) {
    for (const { id, master } of settings.keys) this.#extracted[id] = this.#mac.extract(master);
    this.#plainFrom = settings.plainFrom;
    this.#sources = sources;
    this.#marks = marks;
    this.#keys = new Uint32Array((marks.length + 1) * HOST_KEY_WORDS);
    this.#keyIds = new Uint8Array(marks.length);
    this.#work = marks.length;
    this.#strangersPerSecond = STRANGERS_PER_SECOND / shards;
    this.#strangersLeft = this.#strangersPerSecond;
    const forged = Math.max(1, FORGED_SHARE * this.#strangersPerSecond);
    this.#forged = new SourceBuckets(forged, forged);
  }

  /** May whoever sends from there speak without a tag? Never, where the address is not known. */
  allowsPlain(source: number): boolean {
    if (source === this.#lastSource) return this.#lastAllowed;
    this.#lastSource = source;
    this.#lastAllowed = false;
    if (!this.#sources.knows(source)) return false;
    this.#sources.wordsOf(source, this.#words);
    for (const block of this.#plainFrom) {
      if (isInBlock(this.#words, block)) this.#lastAllowed = true;
    }
    return this.#lastAllowed;
  }

  knows(keyId: number): boolean {
    return this.#extracted[keyId] !== undefined;
  }

  /** Has a right tag of the row's host been seen? */
  isTagged(row: number): boolean {
    return (this.#marks[row]! & TagMark.tagged) !== 0;
  }

  /** The tag of the `size` bytes from `at` on, which name a key that is known. `row` NONE: a host not known yet. */
  check(
    bytes: Uint8Array,
    at: number,
    size: number,
    row: number,
    source: number,
    nowMs: number,
  ): TagVerdictCode {
    const keyId = bytes[at + OFFSET.keyId]!;
    this.#strangersKeyId = NO_KEY;
    if (row === NONE && !this.#takeStranger(source, nowMs)) return TagVerdict.late;
    const kept = row === NONE ? NO_KEY : this.#keyIds[row]!;
    // While keys rotate the row's place is the old key's until the new one has proved right.
    const key = row !== NONE && (kept === NO_KEY || kept === keyId) ? row : this.#work;
    if (kept !== keyId) {
      this.#mac.derive(this.#extracted[keyId]!, keyId, bytes, at + OFFSET.hostId, this.#keys, key);
      if (key === row) this.#keyIds[row] = keyId;
    }
    if (!this.#mac.verify(bytes, at, size, this.#keys, key)) {
      // Not by a number of the book: whoever forges gets none there.
      if (row === NONE) this.#forged.take(this.#sources.keyOf(source), nowMs);
      return TagVerdict.wrong;
    }
    if (row === NONE) this.#strangersKeyId = keyId;
    else if (key !== row) this.#keep(row, keyId);
    return TagVerdict.right;
  }

  /** The message checked last was accepted, and its host stands in this row. */
  accepted(row: number): void {
    this.#marks[row] = TagMark.tagged;
    if (this.#strangersKeyId === NO_KEY) return;
    this.#keep(row, this.#strangersKeyId);
    this.#strangersKeyId = NO_KEY;
  }

  /** The row's host spoke with a tag before this run. */
  resume(row: number): void {
    this.#marks[row] = TagMark.tagged;
  }

  /** The row's host is down, and its right tag stands on a message of an older run. */
  refusedOlder(row: number): void {
    this.#marks[row] = this.#marks[row]! | TagMark.olderRefused;
  }

  /** The row's host is gone. */
  forget(row: number): void {
    this.#marks[row] = 0;
    this.#keyIds[row] = NO_KEY;
  }

  #keep(row: number, keyId: number): void {
    const from = this.#work * HOST_KEY_WORDS;
    this.#keys.copyWithin(row * HOST_KEY_WORDS, from, from + HOST_KEY_WORDS);
    this.#keyIds[row] = keyId;
  }

  #takeStranger(source: number, nowMs: number): boolean {
    if (!this.#forged.hasToken(this.#sources.keyOf(source), nowMs)) return false;
    const perSecond = this.#strangersPerSecond;
    const refilled = this.#strangersLeft + ((nowMs - this.#refilledAtMs) / 1_000) * perSecond;
    this.#strangersLeft = Math.min(perSecond, refilled);
    this.#refilledAtMs = nowMs;
    if (this.#strangersLeft < 1) return false;
    this.#strangersLeft--;
    return true;
  }
}
