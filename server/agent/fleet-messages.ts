/**
 * The bytes of a fleet's heartbeats, written where they will be sent from: the same as those of the contract's own
 * encoders, which a test compares, and no object a beat. Pure.
 */
import {
  FLAG_TAGGED,
  HEADER_BYTES,
  INTERVAL_UNIT_MS,
  MAGIC,
  MAX_LATE_MS,
  MessageType,
  OFFSET,
  TAG_BYTES,
  WIRE_VERSION,
} from '../../lib/protocol/heartbeat.ts';
import type { FleetHosts } from './fleet-hosts.ts';
import {
  datacentreOf,
  type FleetOptions,
  hostName,
  LABEL_KEYS,
  labelValues,
  rackName,
  rackOf,
  roleOf,
} from './fleet-plan.ts';

/** Writes the tag of a message right behind it. */
export type FleetSigner = {
  readonly keyId: number;
  tag(bytes: Uint8Array, at: number, length: number, place: number): void;
};

/** Where a message is written to: the same bytes twice. */
export type MessageMemory = { readonly bytes: Uint8Array; readonly view: DataView };

type MessagesOptions = Pick<FleetOptions, 'hosts' | 'intervalMs' | 'prefix' | 'racks' | 'seed'>;

const TWO_32 = 2 ** 32;

function writeCounted(bytes: Uint8Array, at: number, text: string): number {
  bytes[at] = text.length;
  for (let i = 0; i < text.length; i++) bytes[at + 1 + i] = text.charCodeAt(i);
  return at + 1 + text.length;
}

/** Bytes of a beat or a bye and of the longest hello, tags counted. */
export function messageSizes(
  options: Pick<FleetOptions, 'hosts' | 'prefix' | 'racks'>,
  tagged: boolean,
): { readonly beatBytes: number; readonly longestBytes: number } {
  const beatBytes = HEADER_BYTES + (tagged ? TAG_BYTES : 0);
  const name = hostName(options.hosts - 1, options);
  const longestOf = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const values = [
    longestOf(labelValues('dc', options)),
    rackName(options.racks - 1, options.racks).length,
    longestOf(labelValues('role', options)),
  ];
  const labels = LABEL_KEYS.reduce((sum, key, i) => sum + 2 + key.length + values[i]!, 1);
  return { beatBytes, longestBytes: beatBytes + 1 + name.length + labels };
}

export class FleetMessages {
  /** Of a beat or a bye. */
  readonly beatBytes: number;
  readonly #hosts: FleetHosts;
  readonly #options: MessagesOptions;
  readonly #signer: FleetSigner | null;
  readonly #startEpochMs: number;
  readonly #intervalUnits: number;
  /** Flags and key id of every message, where the first word of the header has them. */
  readonly #keyBits: number;

  /** `startEpochMs`: the first incarnation of every host. */
  constructor(hosts: FleetHosts, options: MessagesOptions, startEpochMs: number, signer: FleetSigner | null) {
    this.#hosts = hosts;
    this.#options = options;
    this.#startEpochMs = startEpochMs;
    this.#signer = signer;
    this.#intervalUnits = Math.max(1, Math.ceil(options.intervalMs / INTERVAL_UNIT_MS));
    this.#keyBits = signer === null ? 0 : (FLAG_TAGGED << 16) | (signer.keyId << 24);
    this.beatBytes = messageSizes(options, signer !== null).beatBytes;
  }

  /** The message is `beatBytes` long. `clockMs` is monotonic and whole, `lateMs` the sender's own delay. */
  beat(place: number, memory: MessageMemory, at: number, clockMs: number, lateMs: number): void {
    this.#header(MessageType.beat, place, memory.view, at, clockMs, lateMs);
    if (this.#signer !== null) this.#signer.tag(memory.bytes, at, HEADER_BYTES, place);
  }

  /** A planned leave, `beatBytes` long. */
  bye(place: number, memory: MessageMemory, at: number, clockMs: number): void {
    this.#header(MessageType.bye, place, memory.view, at, clockMs, 0);
    if (this.#signer !== null) this.#signer.tag(memory.bytes, at, HEADER_BYTES, place);
  }

  /** Gives the message's length. */
  hello(place: number, memory: MessageMemory, at: number, clockMs: number, lateMs: number): number {
    const { bytes, view } = memory;
    this.#header(MessageType.hello, place, view, at, clockMs, lateMs);
    const host = this.#hosts.hostAt[place]!;
    const rack = rackOf(host, this.#options);
    let end = writeCounted(bytes, at + HEADER_BYTES, hostName(host, this.#options));
    bytes[end++] = LABEL_KEYS.length;
    end = writeCounted(bytes, writeCounted(bytes, end, 'dc'), datacentreOf(rack, this.#options.racks));
    end = writeCounted(bytes, writeCounted(bytes, end, 'rack'), rackName(rack, this.#options.racks));
    end = writeCounted(bytes, writeCounted(bytes, end, 'role'), roleOf(host, this.#options.seed));
    if (this.#signer === null) return end - at;
    this.#signer.tag(bytes, at, end - at, place);
    return end - at + TAG_BYTES;
  }

  #header(type: number, place: number, view: DataView, at: number, clockMs: number, lateMs: number): void {
    const hosts = this.#hosts;
    const incarnation = this.#startEpochMs + hosts.beganAfterMs[place]!;
    const upper = Math.floor(incarnation / TWO_32);
    const typeBits = ((WIRE_VERSION << 4) | type) << 8;
    view.setUint32(at + OFFSET.magic, MAGIC | typeBits | this.#keyBits, true);
    view.setUint32(at + OFFSET.hostId, hosts.idFirst[place]!, true);
    view.setUint32(at + OFFSET.hostId + 4, hosts.idSecond[place]!, true);
    view.setUint32(at + OFFSET.incarnation, incarnation - upper * TWO_32, true);
    view.setUint32(at + OFFSET.incarnation + 4, upper, true);
    view.setUint32(at + OFFSET.seq, hosts.seqs[place]!, true);
    view.setUint32(at + OFFSET.clock, clockMs % TWO_32, true);
    view.setUint16(at + OFFSET.interval, this.#intervalUnits, true);
    view.setUint16(at + OFFSET.late, Math.min(MAX_LATE_MS, Math.max(0, Math.round(lateMs))), true);
  }
}
