/**
 * The keys of a fleet whose heartbeats are tagged: each host's own, derived from the master when the host first sends.
 * 33 bytes a host; a first derivation costs two tags (server/host-keys.ts).
 */
import { OFFSET } from '../../lib/protocol/heartbeat.ts';
import { HOST_KEY_WORDS, HostMac } from '../host-keys.ts';
import type { FleetSigner } from './fleet-messages.ts';

export type FleetMaster = {
  /** 1 to 255. */
  readonly keyId: number;
  readonly master: Uint8Array;
};

export class FleetKeys implements FleetSigner {
  readonly keyId: number;
  readonly #mac = new HostMac();
  readonly #extracted: Uint32Array;
  readonly #keys: Uint32Array;
  readonly #isDerived: Uint8Array;

  constructor({ keyId, master }: FleetMaster, hosts: number) {
    this.keyId = keyId;
    this.#extracted = this.#mac.extract(master);
    this.#keys = new Uint32Array(hosts * HOST_KEY_WORDS);
    this.#isDerived = new Uint8Array(hosts);
  }

  tag(bytes: Uint8Array, at: number, length: number, place: number): void {
    if (this.#isDerived[place] === 0) {
      this.#mac.derive(this.#extracted, this.keyId, bytes, at + OFFSET.hostId, this.#keys, place);
      this.#isDerived[place] = 1;
    }
    this.#mac.sign(bytes, at, length, this.#keys, place);
  }
}

const KEY = /^([1-9][0-9]{0,2}):((?:[0-9a-fA-F]{2}){16,64})$/;
export const KEY_TAKES =
  'ID:HEX, one of the server’s HEARTBEAT_KEYS: an id from 1 to 255, then 32 to 128 hex digits';

/** `1:00112233…`. */
export function parseMaster(text: string): FleetMaster | null {
  const match = KEY.exec(text);
  if (match === null) return null;
  const keyId = Number(match[1]);
  return keyId <= 255 ? { keyId, master: Buffer.from(match[2]!, 'hex') } : null;
}
