/**
 * Short messages over the page about something the reader just did, with an undo while it lasts: what is
 * shown now. At most three. Drawn by toaster.tsx, which the shell loads after the page.
 */
export type ToastMessage = {
  readonly text: string;
  readonly tone?: 'neutral' | 'danger';
  /** Offered until the toast goes; 10 s by default then, 6 s without. */
  readonly undo?: () => void;
  readonly durationMs?: number;
};
export type ShownToast = ToastMessage & { readonly id: number };

const MAX_SHOWN = 3;
const NONE: readonly ShownToast[] = [];
let shown: readonly ShownToast[] = NONE;
let nextId = 1;
const listeners = new Set<() => void>();

function publish(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/**
 * Shows a message; gives a function that takes it away early. One that says the same as one shown already takes its
 * place, unless that offers an undo of its own.
 */
export function showToast(message: ToastMessage): () => void {
  const id = nextId++;
  const others = shown.filter(({ text, undo }) => undo !== undefined || text !== message.text);
  publish([...others, { ...message, id }].slice(-MAX_SHOWN));
  return () => dismissToast(id);
}

export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function shownToasts(): readonly ShownToast[] {
  return shown;
}

export function dismissToast(id: number): void {
  publish(shown.filter((toast) => toast.id !== id));
}
