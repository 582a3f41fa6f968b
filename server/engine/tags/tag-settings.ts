/**
 * What an operator sets of tags, in a form that travels to a shard's worker. Secrets: never shown, never logged.
 * Types alone.
 */

export type MasterKey = {
  /** 1 to 255, as it stands in the messages. */
  readonly id: number;
  /** 16 bytes or more. */
  readonly master: Uint8Array<ArrayBuffer>;
};

/** A block of addresses: the first `bits` of four words, IPv4 as ::ffff:a.b.c.d. */
export type AddressBlock = {
  readonly words: readonly [number, number, number, number];
  /** 0 to 128. */
  readonly bits: number;
};

export type TagSettings = {
  /** At least one, with different ids. */
  readonly keys: readonly MasterKey[];
  /** Who may speak without a tag, although keys are set. */
  readonly plainFrom: readonly AddressBlock[];
};
