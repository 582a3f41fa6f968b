/**
 * Looks over a msgpack message from outside before the library decodes it: notepack allocates what a length
 * field claims, so that six bytes can ask for 4 GB (`c9 ff ff ff ff 00`). Pure; O(bytes), no allocation.
 */
const MAX_DEPTH = 6;
/** A viewer's largest message is a connect with a position: a dozen values. */
const MAX_VALUES = 128;

/** Throws a RangeError unless `bytes` are exactly one value of which every length is covered by them. */
export function assertBoundedMsgpack(bytes: Uint8Array): void {
  let at = 0;
  let values = 0;

  const take = (count: number): number => {
    const from = at;
    at += count;
    if (at > bytes.length) throw new RangeError('a msgpack message ends inside a value');
    return from;
  };
  const unsigned = (size: number): number => {
    const from = take(size);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + bytes[from + i]!;
    return value;
  };
  const several = (count: number, depth: number): void => {
    for (let i = 0; i < count; i++) value(depth + 1);
  };

  function value(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError(`a msgpack message is nested deeper than ${MAX_DEPTH}`);
    if (++values > MAX_VALUES) throw new RangeError(`a msgpack message has more than ${MAX_VALUES} values`);
    const prefix = bytes[take(1)]!;
    if (prefix < 0x80 || prefix >= 0xe0) return;
    if (prefix < 0x90) several(2 * (prefix & 0x0f), depth);
    else if (prefix < 0xa0) several(prefix & 0x0f, depth);
    else if (prefix < 0xc0) take(prefix & 0x1f);
    else byPrefix(prefix, depth);
  }

  function byPrefix(prefix: number, depth: number): void {
    switch (prefix) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        break;
      case 0xc4: // bin 8, 16, 32
      case 0xc5:
      case 0xc6:
        take(unsigned(1 << (prefix - 0xc4)));
        break;
      case 0xca: // float 32, 64
      case 0xcb:
        take(4 << (prefix - 0xca));
        break;
      case 0xcc: // uint 8 to 64
      case 0xcd:
      case 0xce:
      case 0xcf:
        take(1 << (prefix - 0xcc));
        break;
      case 0xd0: // int 8 to 64
      case 0xd1:
      case 0xd2:
      case 0xd3:
        take(1 << (prefix - 0xd0));
        break;
      case 0xd4: // fixext 1: the library's undefined
        take(2);
        break;
      case 0xd9: // str 8, 16, 32
      case 0xda:
      case 0xdb:
        take(unsigned(1 << (prefix - 0xd9)));
        break;
      case 0xdc: // array 16, 32
      case 0xdd:
        several(unsigned(2 << (prefix - 0xdc)), depth);
        break;
      case 0xde: // map 16, 32
      case 0xdf:
        several(2 * unsigned(2 << (prefix - 0xde)), depth);
        break;
      default:
        throw new RangeError(
          `a msgpack message has a value of type 0x${prefix.toString(16)}, which no viewer sends`,
        );
    }
  }

  value(0);
  if (at !== bytes.length) throw new RangeError('a msgpack message goes on after its value');
}
