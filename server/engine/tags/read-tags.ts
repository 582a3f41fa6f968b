/**
 * HEARTBEAT_KEYS and HEARTBEAT_PLAIN_FROM as texts to settings, as server/config-values.ts reads the others: the value,
 * or what is accepted. Never repeats a key. Pure.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { readAddress } from '../../libc/internet-address.ts';
import type { AddressBlock, MasterKey } from './tag-settings.ts';

type Read<T> = { readonly value: T } | { readonly takes: string };

const MAX_KEY_ID = 255;
/** Below it a master is easier to guess than a tag; above it nothing is gained. */
const KEY_HEX = /^(?:[0-9a-fA-F]{2}){16,64}$/;

const KEYS_TAKE = {
  form: 'id:hex[,id:hex…]: an id from 1 to 255, then 32 to 128 hex digits (openssl rand -hex 32)',
  twice: 'each key id once',
} as const;

/** `1:hex,2:hex`; no text: no keys. */
export function readKeys(text: string): Read<readonly MasterKey[]> {
  const keys: MasterKey[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const [idText = '', hex = '', ...more] = part.trim().split(':');
    const id = /^[1-9][0-9]{0,2}$/.test(idText) ? Number(idText) : 0;
    if (id < 1 || id > MAX_KEY_ID || !KEY_HEX.test(hex) || more.length > 0) return { takes: KEYS_TAKE.form };
    if (keys.some((key) => key.id === id)) return { takes: KEYS_TAKE.twice };
    keys.push({ id, master: Uint8Array.from(Buffer.from(hex, 'hex')) });
  }
  return { value: keys };
}

const PLAIN_TAKES = 'IPv4 and IPv6 addresses and blocks, as 10.0.0.7,10.1.0.0/16,fd00::/8';
const IPV4_BITS = 32;
const IPV6_BITS = 128;

/** `10.0.0.7,10.1.0.0/16,fd00::/8`; no text: nobody. */
export function readPlainFrom(text: string): Read<readonly AddressBlock[]> {
  const blocks: AddressBlock[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const [address = '', bitsText, ...more] = part.trim().split('/');
    const all = isIPv4(address) ? IPV4_BITS : isIPv6(address) && !address.includes('%') ? IPV6_BITS : 0;
    const words = new Uint32Array(4);
    if (all === 0 || more.length > 0 || !readAddress(address, words)) return { takes: PLAIN_TAKES };
    if (bitsText !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(bitsText)) return { takes: PLAIN_TAKES };
    const bits = bitsText === undefined ? all : Number(bitsText);
    if (bits > all) return { takes: PLAIN_TAKES };
    const [w0, w1, w2, w3] = words as unknown as [number, number, number, number];
    blocks.push({ words: [w0, w1, w2, w3], bits: bits + IPV6_BITS - all });
  }
  return { value: blocks };
}
