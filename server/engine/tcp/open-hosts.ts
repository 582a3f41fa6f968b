/**
 * Which hosts have an open connection of their own: the silence of one of them is not the end of its process. Pure.
 * Main thread. Cost: one entry a connection, a look-up is a map's.
 */

const keyOf = (idHigh: number, idLow: number): string => `${idHigh >>> 0}-${idLow >>> 0}`;

export class OpenHosts {
  readonly #connections = new Map<string, number>();

  get size(): number {
    return this.#connections.size;
  }

  has(idHigh: number, idLow: number): boolean {
    return this.#connections.has(keyOf(idHigh, idLow));
  }

  enter(idHigh: number, idLow: number): void {
    const key = keyOf(idHigh, idLow);
    this.#connections.set(key, (this.#connections.get(key) ?? 0) + 1);
  }

  leave(idHigh: number, idLow: number): void {
    const key = keyOf(idHigh, idLow);
    const left = (this.#connections.get(key) ?? 0) - 1;
    if (left > 0) this.#connections.set(key, left);
    else this.#connections.delete(key);
  }
}
