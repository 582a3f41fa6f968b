/**
 * How many viewers may be there at once, in all and from one address, whatever they watch and whatever carries it.
 * Knows no viewer and no transport. Pure; O(1) a call.
 */
export const DEFAULT_MAX_VIEWERS = 10_000;
export const MAX_VIEWERS_PER_ADDRESS = 256;

export type ViewerPlacesOptions = {
  /** MAX_VIEWERS */
  readonly maxViewers?: number;
  readonly maxPerAddress?: number;
};

/** A place among the viewers, taken before the viewer exists. Releasing twice is harmless. */
export type Place = { release(): void };

export class ViewerPlaces {
  readonly #maxViewers: number;
  readonly #maxPerAddress: number;
  readonly #takenByAddress = new Map<string, number>();
  #taken = 0;

  constructor(options: ViewerPlacesOptions = {}) {
    this.#maxViewers = options.maxViewers ?? DEFAULT_MAX_VIEWERS;
    this.#maxPerAddress = options.maxPerAddress ?? MAX_VIEWERS_PER_ADDRESS;
  }

  /** A place for a viewer from this address, or null when there is none left, in all or for the address. */
  take(address: string): Place | null {
    const here = this.#takenByAddress.get(address) ?? 0;
    if (this.#taken >= this.#maxViewers || here >= this.#maxPerAddress) return null;
    this.#taken++;
    this.#takenByAddress.set(address, here + 1);
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#taken--;
        const left = this.#takenByAddress.get(address)! - 1;
        if (left === 0) this.#takenByAddress.delete(address);
        else this.#takenByAddress.set(address, left);
      },
    };
  }
}
