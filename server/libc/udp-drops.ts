/**
 * What the kernel's own table says of UDP sockets: how many datagrams were dropped at those of Node, whose descriptors
 * nobody hands out, and whether there are any at an address. Read from /proc/net/udp and udp6. Linux, no library; any
 * thread. Cost: the kernel walks its table, up to a millisecond: not for every tick.
 */
import { readFileSync } from 'node:fs';
import { IPV4_MARK, readAddress } from './internet-address.ts';

const LOCAL = 1;
const DROPS = 12;

/** As the kernel writes it: words in the machine's order, which is little-endian, and the port. */
function localField(host: string, port: number): { readonly file: string; readonly local: string } {
  const words = new Uint32Array(4);
  readAddress(host, words);
  const ipv4 = words[0] === 0 && words[1] === 0 && words[2] === IPV4_MARK && !host.includes(':');
  const hex = (ipv4 ? [words[3]!] : [...words])
    .map((word) => {
      const bytes = [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
      return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
    })
    .join('');
  const local = `${hex}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
  return { file: ipv4 ? '/proc/net/udp' : '/proc/net/udp6', local };
}

/** null where the system has no such table. */
function tableAt(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}

/**
 * Drops at these addresses since their sockets were opened, an equal part of them where several share one; null
 * where it cannot be known.
 */
export function udpDrops(
  addresses: readonly { readonly host: string; readonly port: number }[],
): number | null {
  let drops = 0;
  for (const { host, port } of addresses) {
    const { file, local } = localField(host, port);
    let own = 0;
    let sockets = 0;
    const text = tableAt(file);
    if (text === null) return null;
    for (let at = text.indexOf(local); at !== -1; at = text.indexOf(local, at + 1)) {
      const line = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at));
      const fields = line.trim().split(/\s+/);
      if (fields[LOCAL] !== local) continue;
      own += Number(fields[DROPS]);
      sockets++;
    }
    if (sockets === 0) return null;
    drops += own / sockets;
  }
  return drops;
}

/**
 * Does a socket have this address already, or all addresses of its family at this port? Nothing is opened to find out,
 * so nothing that arrives meanwhile is taken and lost. null where it cannot be known.
 */
export function isUdpTaken(host: string, port: number): boolean | null {
  const { file, local } = localField(host, port);
  const [words, hexPort] = local.split(':') as [string, string];
  const any = '0'.repeat(words.length);
  const text = tableAt(file);
  if (text === null) return null;
  return text.split('\n').some((line) => {
    const [address, at] = line.trim().split(/\s+/)[LOCAL]?.split(':') ?? [];
    return at === hexPort && (address === words || address === any || words === any);
  });
}
