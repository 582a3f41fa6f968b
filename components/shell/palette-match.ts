/** Does every word of what was typed occur in the label, in any order and case? Nothing typed matches. Pure. */
export function matchesWords(label: string, typed: string): boolean {
  const text = label.toLocaleLowerCase();
  return typed
    .toLocaleLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word));
}
