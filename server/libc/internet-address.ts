/**
 * Internet addresses as four 32-bit words, most significant first; IPv4 as ::ffff:a.b.c.d. Pure, no look-up of names.
 * Cost: reading IPv4 text and comparing allocate nothing.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** Third word of an IPv4 address written as IPv6; the first two are 0. */
export const IPV4_MARK = 0xffff;

/**
 * Writes the address into `words` (4 of them) and says whether it was one. Takes dotted IPv4 and IPv6 with or
 * without a zone, which is left out.
 */
export function readAddress(text: string, words: Uint32Array): boolean {
  const ipv4 = readDotted(text, 0);
  if (ipv4 !== -1) {
    words[0] = 0;
    words[1] = 0;
    words[2] = IPV4_MARK;
    words[3] = ipv4;
    return true;
  }
  return readIpv6(text, words);
}

/** The address as one number, or -1. No leading zeros, which some read as octal. */
function readDotted(text: string, from: number): number {
  let address = 0;
  let part = -1;
  let parts = 0;
  for (let i = from; i <= text.length; i++) {
    const digit = i === text.length ? 0x2e - 0x30 : text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (part === 0) return -1;
      part = part === -1 ? digit : part * 10 + digit;
      if (part > 255) return -1;
    } else {
      if (digit !== 0x2e - 0x30 || part === -1) return -1;
      address = address * 256 + part;
      part = -1;
      parts++;
    }
  }
  return parts === 4 ? address : -1;
}

function readIpv6(text: string, words: Uint32Array): boolean {
  if (!isIPv6(text)) return false;
  const zone = text.indexOf('%');
  let plain = zone === -1 ? text : text.slice(0, zone);
  const lastColon = plain.lastIndexOf(':');
  if (plain.includes('.')) {
    const ipv4 = readDotted(plain, lastColon + 1);
    plain = `${plain.slice(0, lastColon + 1)}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`;
  }
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  for (let i = 0; i < 4; i++) {
    words[i] = Number.parseInt(groups[2 * i]!, 16) * 0x1_0000 + Number.parseInt(groups[2 * i + 1]!, 16);
  }
  return true;
}

/** Dotted for IPv4, however it came; else as RFC 5952 writes it, which is how Node does. */
export function addressText(w0: number, w1: number, w2: number, w3: number): string {
  if (w0 === 0 && w1 === 0 && w2 === IPV4_MARK) {
    return `${w3 >>> 24}.${(w3 >>> 16) & 0xff}.${(w3 >>> 8) & 0xff}.${w3 & 0xff}`;
  }
  const groups = [w0, w1, w2, w3].flatMap((word) => [word >>> 16, word & 0xffff]);
  let best = { at: 0, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const written = groups.map((group) => group.toString(16));
  if (best.length < 2) return written.join(':');
  return `${written.slice(0, best.at).join(':')}::${written.slice(best.at + best.length).join(':')}`;
}

/** 127.0.0.0/8 and ::1. */
export function isLoopbackAddress(w0: number, w1: number, w2: number, w3: number): boolean {
  if (w0 !== 0 || w1 !== 0) return false;
  return w2 === IPV4_MARK ? w3 >>> 24 === 127 : w2 === 0 && w3 === 1;
}

/** Is this text an address rather than a name, and of which family? */
export function addressFamily(text: string): 4 | 6 | null {
  return isIPv4(text) ? 4 : isIPv6(text) ? 6 : null;
}
