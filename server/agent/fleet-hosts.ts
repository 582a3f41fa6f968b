/**
 * The hosts of a fleet in columns, in the order in which they send: a *place* is a host's position in that order, so
 * that a round through the fleet reads memory from front to back. Pure; 26 bytes a host and no object.
 */
import { hostIdBytes } from '../host-id.ts';
import { type FleetOptions, hostName, phaseOrder, Stream } from './fleet-plan.ts';
import { mix32, Prng } from './prng.ts';

/** Bits of `flags`. */
export const HostFlag = { stopped: 1, flapping: 2 } as const;

export class FleetHosts {
  readonly count: number;
  /** The number of the host at each place; its name and labels come from it. */
  readonly hostAt: Uint32Array;
  /** The host id as two words, least significant byte first. */
  readonly idFirst: Uint32Array;
  readonly idSecond: Uint32Array;
  readonly seqs: Uint32Array;
  /** How much later than the fleet this run of the host began, ms: the same in every simulation. */
  readonly beganAfterMs: Uint32Array;
  /** Datagrams until the next hello; 0 = it is one itself. */
  readonly untilHello: Uint8Array;
  readonly flags: Uint8Array;

  /** Hashes every name: about 2 s for a million. */
  constructor(options: Pick<FleetOptions, 'hosts' | 'prefix' | 'seed' | 'flapping'>) {
    const { hosts, seed, flapping } = options;
    this.count = hosts;
    this.hostAt = phaseOrder(hosts, seed);
    this.idFirst = new Uint32Array(hosts);
    this.idSecond = new Uint32Array(hosts);
    this.seqs = new Uint32Array(hosts);
    this.beganAfterMs = new Uint32Array(hosts);
    this.untilHello = new Uint8Array(hosts);
    this.flags = new Uint8Array(hosts);
    for (let place = 0; place < hosts; place++) {
      const id = hostIdBytes(hostName(this.hostAt[place]!, options));
      this.idFirst[place] = id[0]! | (id[1]! << 8) | (id[2]! << 16) | (id[3]! << 24);
      this.idSecond[place] = id[4]! | (id[5]! << 8) | (id[6]! << 16) | (id[7]! << 24);
    }
    if (flapping > 0) {
      const places = Uint32Array.from({ length: hosts }, (_, place) => place);
      new Prng(mix32(seed, Stream.flap, 0)).drawToFront(places, flapping);
      for (const place of places.subarray(0, flapping)) this.flags[place]! |= HostFlag.flapping;
    }
  }
}
