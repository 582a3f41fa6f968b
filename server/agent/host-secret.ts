/**
 * The key with which one host tags its heartbeats, as a text and as the tags made with it. An agent holds its own
 * alone, never a master: whoever takes a host cannot speak for another. Pure. Source: PROTOCOL 1.3.
 */
import { FLAG_TAGGED, OFFSET, TAG_BYTES } from '../../lib/protocol/heartbeat.ts';
import { HOST_KEY_BYTES, HostMac } from '../host-keys.ts';

export type HostSecret = {
  /** 1 to 255: of the master it was derived from. */
  readonly keyId: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
};

export const HOST_SECRET_TAKES =
  'ID:HEX as `pulsewatch key NAME` prints it for this host: an id from 1 to 255, then 64 hex digits';

const SECRET = /^([1-9][0-9]{0,2}):((?:[0-9a-fA-F]{2}){32})$/;
const MAX_KEY_ID = 255;

export function formatHostSecret({ keyId, key }: HostSecret): string {
  return `${keyId}:${Buffer.from(key).toString('hex')}`;
}

/** null: it is none. */
export function parseHostSecret(text: string): HostSecret | null {
  const match = SECRET.exec(text.trim());
  if (match === null || Number(match[1]) > MAX_KEY_ID) return null;
  return { keyId: Number(match[1]), key: Uint8Array.from(Buffer.from(match[2]!, 'hex')) };
}

/** Makes tagged messages of untagged ones. */
export class MessageSigner {
  readonly #keyId: number;
  readonly #key: Uint32Array;
  readonly #mac = new HostMac();

  constructor({ keyId, key }: HostSecret) {
    if (key.length !== HOST_KEY_BYTES) throw new RangeError(`a host key of ${key.length} bytes; it has 32`);
    this.#keyId = keyId;
    this.#key = new Uint32Array(Uint8Array.from(key).buffer);
  }

  /** A new array: the message with its flag, its key id and its tag. */
  tagged(message: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(message.length + TAG_BYTES);
    bytes.set(message);
    bytes[OFFSET.flags] = FLAG_TAGGED;
    bytes[OFFSET.keyId] = this.#keyId;
    this.#mac.sign(bytes, 0, message.length, this.#key, 0);
    return bytes;
  }
}
