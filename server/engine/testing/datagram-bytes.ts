/** What test senders put into datagrams, so that a receiver can tell each byte that is not as it was sent. */
const HEAD_BYTES = 12;

/** `length` bytes that only this number makes. */
export function patternOf(number: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = (number + 1) * 0x9e37_79b9;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x85eb_ca6b) + 0x6b;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Number and instant in front, then the number's pattern; the length follows from the number, 12 to 211. */
export function stampedBytes(number: number, atMs: number): Uint8Array<ArrayBuffer> {
  const bytes = patternOf(number, HEAD_BYTES + (number % 200));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, number);
  view.setFloat64(4, atMs);
  return bytes;
}

export type Stamp = { readonly number: number; readonly atMs: number };

/** What stampedBytes made; null when a byte differs. */
export function readStamp(bytes: Uint8Array, at: number, length: number): Stamp | null {
  if (length < HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, length);
  const stamp = { number: view.getUint32(0), atMs: view.getFloat64(4) };
  const expected = stampedBytes(stamp.number, stamp.atMs);
  if (expected.length !== length) return null;
  return expected.every((byte, i) => byte === bytes[at + i]) ? stamp : null;
}
