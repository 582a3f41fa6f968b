/**
 * Remembers where the windows of a list began, because a server that pages by cursor names only the next one.
 * For the life of the page; bounded. Pure but for its own memory.
 */
const MAX_LISTS = 20;

export class PageTrail {
  readonly #cursors = new Map<string, Map<number, string>>();

  /** `list` names filter and order; `page` counts from 1, which needs no cursor. */
  remember(list: string, page: number, cursor: string): void {
    const pages = this.#cursors.get(list) ?? new Map<number, string>();
    this.#cursors.delete(list);
    this.#cursors.set(list, pages.set(page, cursor));
    for (const oldest of this.#cursors.keys()) {
      if (this.#cursors.size <= MAX_LISTS) break;
      this.#cursors.delete(oldest);
    }
  }

  /** The cursor of a page: null for the first, undefined when it is not known here. */
  cursorOf(list: string, page: number): string | null | undefined {
    return page <= 1 ? null : this.#cursors.get(list)?.get(page);
  }
}
