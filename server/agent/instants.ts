/** Instants as the commands print them. */

const pad = (n: number): string => String(n).padStart(2, '0');

/** `2026-11-20 13:05:59`, in the time zone of this machine. */
export function instantInWords(atMs: number): string {
  const at = new Date(atMs);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${day} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}
