/**
 * How the text of a setting becomes its value, or the words for what it takes. Pure; knows no setting by name.
 */

export type Read<T> = { readonly value: T } | { readonly takes: string };

export function integer(min: number, max: number): (text: string) => Read<number> {
  return (text) => {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { takes: `a whole number from ${min} to ${max}` };
  };
}

export function port(text: string): Read<number> {
  const read = integer(0, 65_535)(text);
  return 'value' in read ? read : { takes: 'a port number from 1 to 65535, or 0 for any free port' };
}

export function listOf(
  what: string,
  item: (text: string) => string | null,
): (text: string) => Read<string[] | null> {
  return (text) => {
    if (text === '') return { value: null };
    const items = text.split(',').map((part) => item(part.trim()));
    return items.includes(null) ? { takes: `${what}, separated by commas` } : { value: items as string[] };
  };
}

/** A host name, IPv4 or [IPv6] address, with a port or without (any port). */
export function allowedHost(text: string): string | null {
  const looksRight = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/i.test(text);
  // The pattern alone would take a port above 65535 and an address with too many parts.
  return looksRight && URL.canParse(`http://${text}`) ? text.toLowerCase() : null;
}

export function allowedOrigin(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { origin, protocol } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && text.replace(/\/$/, '').toLowerCase() === origin
    ? origin
    : null;
}

export function hostName(text: string): Read<string> {
  return /^[A-Za-z0-9._:%-]{1,253}$/.test(text)
    ? { value: text }
    : { takes: 'an address of this machine or a name of one, such as 127.0.0.1 or ::1' };
}

export function onOff(text: string): Read<boolean> {
  return text === '1' || text === '0' ? { value: text === '1' } : { takes: '1 or 0' };
}

export function nonEmpty(text: string): Read<string> {
  return text === '' ? { takes: 'the path of a folder' } : { value: text };
}

export function receiver(text: string): Read<'auto' | 'recvmmsg' | 'dgram'> {
  if (text === 'auto' || text === 'recvmmsg' || text === 'dgram') return { value: text };
  return { takes: 'auto, recvmmsg (Linux) or dgram' };
}

export function auth(text: string): Read<'none' | 'password'> {
  if (text === 'none' || text === 'password') return { value: text };
  return { takes: 'none, while HOST is a loopback address, or password' };
}
