/** Slots that wait for something, each once, first come first served. Pure; O(1) a call, 5 bytes a slot at most. */
const FIRST_LENGTH = 1_024;
const SEEN = 2;

export class SlotQueue {
  #waits = new Uint8Array(FIRST_LENGTH);
  /** A ring; slots dropped meanwhile are still in it. */
  #ring = new Uint32Array(FIRST_LENGTH);
  #head = 0;
  #entries = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Nothing happens when it waits already. */
  add(slot: number): void {
    if (this.#waits[slot] === 1) return;
    if (slot >= this.#waits.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(slot + 1)));
      grown.set(this.#waits);
      this.#waits = grown;
    }
    if (this.#entries === this.#ring.length) this.#makeRoom();
    this.#waits[slot] = 1;
    this.#ring[(this.#head + this.#entries++) % this.#ring.length] = slot;
    this.#size++;
  }

  /** True when it waited. */
  drop(slot: number): boolean {
    if (this.#waits[slot] !== 1) return false;
    this.#waits[slot] = 0;
    this.#size--;
    return true;
  }

  /** Takes out the one that has waited longest; null when none does. */
  take(): number | null {
    while (this.#entries > 0) {
      const slot = this.#ring[this.#head]!;
      this.#head = (this.#head + 1) % this.#ring.length;
      this.#entries--;
      if (this.drop(slot)) return slot;
    }
    return null;
  }

  /** First by leaving out what was dropped, and what is there twice because it was added again. */
  #makeRoom(): void {
    const ring = this.#ring;
    const kept = new Uint32Array(ring.length * 2);
    let count = 0;
    for (let i = 0; i < this.#entries; i++) {
      const slot = ring[(this.#head + i) % ring.length]!;
      if (this.#waits[slot] !== 1) continue;
      this.#waits[slot] = SEEN;
      kept[count++] = slot;
    }
    for (let i = 0; i < count; i++) this.#waits[kept[i]!] = 1;
    this.#ring = count * 2 > ring.length ? kept : kept.slice(0, ring.length);
    this.#head = 0;
    this.#entries = count;
  }
}
