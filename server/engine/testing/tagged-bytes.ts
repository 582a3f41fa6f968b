/** Messages with tags for tests, made with Node's own HMAC and HKDF, not with the code that is tested. */
import { createHmac, hkdfSync } from 'node:crypto';
import { hostIdBytes } from '../../host-id.ts';
import type { MasterKey } from '../tags/tag-settings.ts';

export const KEY_1: MasterKey = { id: 1, master: new Uint8Array(32).fill(0x11) };
export const KEY_2: MasterKey = { id: 2, master: new Uint8Array(20).fill(0x22) };

const FLAGS_AT = 2;
const KEY_ID_AT = 3;
const ID_AT = 4;
const TAG_BYTES = 16;

/** `message` with its tag, by the key of the host whose id it carries, or of another host. */
export function tagged(message: Uint8Array, key: MasterKey = KEY_1, keyOf?: string): Uint8Array {
  const body = message.slice();
  body[FLAGS_AT] = 1;
  body[KEY_ID_AT] = key.id;
  const id = keyOf === undefined ? body.subarray(ID_AT, ID_AT + 8) : hostIdBytes(keyOf);
  const info = Buffer.concat([Buffer.from('pulsewatch-host-v1'), Uint8Array.of(key.id), id]);
  const hostKey = new Uint8Array(hkdfSync('sha256', key.master, '', info, 32));
  const tag = createHmac('sha256', hostKey).update(body).digest().subarray(0, TAG_BYTES);
  return Uint8Array.from(Buffer.concat([body, tag]));
}
