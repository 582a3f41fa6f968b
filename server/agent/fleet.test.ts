import { describe, expect, test } from 'vitest';
import { MessageType, parseHelloBody } from '../../lib/protocol/heartbeat.ts';
import { isHostName, isLabelKey, isLabelValue } from '../../lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { Fleet, type FleetOutlet } from './fleet.ts';
import { FleetBatch } from './fleet-batch.ts';
import { messageSizes } from './fleet-messages.ts';
import {
  type Chosen,
  type ChosenAt,
  defaultRacks,
  type FleetOptions,
  hostName,
  labelMatcher,
  labelsOf,
  labelValues,
  phaseOrder,
  rackName,
  rackOf,
} from './fleet-plan.ts';

const START_MS = 5_000;
const START_EPOCH_MS = 1_763_000_000_000;

const at = (atMs: number, count: number): ChosenAt => ({ chosen: { by: 'count', count }, atMs });

const fleetOptions = (changed: Partial<FleetOptions> = {}): FleetOptions => ({
  hosts: 100,
  intervalMs: 1_000,
  lossShare: 0,
  seed: 1,
  prefix: 'host-',
  racks: 5,
  kills: [],
  restarts: [],
  revivesAtMs: [],
  outages: [],
  flapping: 0,
  ...changed,
});

type Sent = {
  host: number;
  type: number;
  incarnation: number;
  seq: number;
  lateMs: number;
  /** Since the start, when `advance` was called. */
  atMs: number;
  bytes: Buffer;
};

/** Takes every message out of the batch, as the bytes of one heartbeat each. */
function outletTo(options: FleetOptions, take: (bytes: Buffer) => void): FleetOutlet {
  const { beatBytes, longestBytes } = messageSizes(options, false);
  const batch = new FleetBatch({
    beatBytes,
    otherBytes: longestBytes,
    beatsPerDatagram: 1,
    datagramsPerMessage: 1,
  });
  const flush = (): void => {
    for (let i = 0; i < batch.others; i++) {
      const from = batch.othersAt + i * batch.otherStride;
      take(Buffer.from(batch.bytes.slice(from, from + batch.otherLengths[i]!)));
    }
    for (let i = 0; i < batch.beats; i++) {
      take(Buffer.from(batch.bytes.slice(i * beatBytes, (i + 1) * beatBytes)));
    }
    batch.clear();
  };
  return { batch, flush };
}

/** Which host a datagram is of, by its id. */
function hostsById(options: FleetOptions): ReadonlyMap<string, number> {
  return new Map(
    Array.from({ length: options.hosts }, (_, host) => [hostIdHex(hostName(host, options)), host]),
  );
}

/** Plays a fleet for `forMs`, called every `stepMs`, without any real time. */
function play(options: FleetOptions, forMs: number, stepMs = 1): { sent: Sent[]; fleet: Fleet } {
  const fleet = new Fleet(options, START_MS, START_EPOCH_MS);
  const hosts = hostsById(options);
  const sent: Sent[] = [];
  let atMs = 0;
  const outlet = outletTo(options, (bytes) => {
    sent.push({
      host: hosts.get(bytes.toString('hex', 4, 12))!,
      type: bytes[1]! & 15,
      incarnation: Number(bytes.readBigUInt64LE(12)),
      seq: bytes.readUInt32LE(20),
      lateMs: bytes.readUInt16LE(30),
      atMs,
      bytes,
    });
  });
  for (; atMs <= forMs + stepMs || fleet.nextDueMs < START_MS + forMs; atMs += stepMs) {
    fleet.advance(START_MS + atMs, START_MS + forMs, outlet);
  }
  return { sent, fleet };
}

const perHost = (sent: readonly Sent[]): Map<number, Sent[]> => Map.groupBy(sent, (each) => each.host);
/** Host by host, each in the order sent. */
const essence = (sent: readonly Sent[]) =>
  sent
    .map(({ host, type, incarnation, seq }) => [host, type, incarnation, seq] as const)
    .sort((a, b) => a[0] - b[0]);

const EVENTFUL = fleetOptions({
  lossShare: 0.1,
  kills: [at(5_000, 20), at(12_345, 5)],
  restarts: [at(7_000, 10)],
  revivesAtMs: [20_000],
  outages: [{ rack: 'r02', atMs: 3_000, durationMs: 9_000 }],
  flapping: 4,
});

describe('the same seed', () => {
  test('G19: gives the same datagrams, those of each host in the same order, whether called every ms or every 7', () => {
    const often = play(EVENTFUL, 40_000, 1);
    const seldom = play(EVENTFUL, 40_000, 7);
    expect(essence(often.sent)).toEqual(essence(seldom.sent));
    expect(often.fleet.tally).toEqual(seldom.fleet.tally);
    expect(often.sent.length).toBeGreaterThan(2_500);
  });

  test('G19: another seed gives other phases, other losses, other victims', () => {
    const one = play(EVENTFUL, 10_000);
    const other = play({ ...EVENTFUL, seed: 2 }, 10_000);
    expect(essence(one.sent)).not.toEqual(essence(other.sent));
    expect(phaseOrder(100, 1)).not.toEqual(phaseOrder(100, 2));
    const labels = (seed: number) =>
      JSON.stringify(Array.from({ length: 100 }, (_, i) => labelsOf(i, { ...EVENTFUL, seed })));
    expect(labels(1)).toBe(labels(1));
    expect(labels(1)).not.toBe(labels(2));
  });

  test('G19: an event more does not change whom the others hit', () => {
    const stoppedBy = (options: FleetOptions, atMs: number) => {
      const late = play(options, atMs + 1_000).sent.filter((each) => each.atMs > atMs);
      return Array.from({ length: 100 }, (_, host) => host).filter(
        (host) => !late.some((each) => each.host === host),
      );
    };
    const alone = stoppedBy(fleetOptions({ kills: [at(2_000, 10)] }), 2_000);
    const withOthers = stoppedBy(
      fleetOptions({
        kills: [at(2_000, 10)],
        restarts: [at(1_000, 50)],
        flapping: 0,
        lossShare: 0,
      }),
      2_000,
    );
    expect(alone.length).toBe(10);
    expect(withOthers).toEqual(alone);
  });

  test('G19: names and labels obey the contract, racks are alike to within one host', () => {
    const options = fleetOptions({ hosts: 1_003, racks: defaultRacks(1_003) });
    expect(options.racks).toBe(26);
    expect([hostName(0, options), hostName(1_002, options)]).toEqual(['host-0001', 'host-1003']);
    expect([rackName(0, 26), rackName(25, 26), rackName(0, 100)]).toEqual(['r01', 'r26', 'r001']);
    const sizes = new Map<string, number>();
    for (let host = 0; host < options.hosts; host++) {
      const labels = labelsOf(host, options);
      expect(isHostName(hostName(host, options))).toBe(true);
      expect(Object.keys(labels)).toEqual(['dc', 'rack', 'role']);
      expect(Object.entries(labels).every(([key, value]) => isLabelKey(key) && isLabelValue(value))).toBe(
        true,
      );
      expect(labels.rack).toBe(rackName(rackOf(host, options), options.racks));
      sizes.set(labels.rack!, (sizes.get(labels.rack!) ?? 0) + 1);
    }
    expect(new Set(sizes.values())).toEqual(new Set([38, 39]));
  });
});

describe('pace', () => {
  test('G20: the opening hellos and all later sends are even: no ms has more than its share', () => {
    const { sent } = play(fleetOptions({ hosts: 5_000, racks: 100 }), 3_000);
    const perMs = new Map<number, number>();
    for (const each of sent) perMs.set(each.atMs, (perMs.get(each.atMs) ?? 0) + 1);
    expect(Math.max(...perMs.values())).toBeLessThanOrEqual(6);
    expect(perMs.size).toBeGreaterThanOrEqual(2_999);
    const firsts = sent.slice(0, 5_000);
    expect(firsts.every((each) => each.type === MessageType.hello && each.seq === 1)).toBe(true);
    expect(new Set(firsts.map((each) => each.host)).size).toBe(5_000);
  });

  test('G20: each host keeps its own phase', () => {
    const { sent } = play(fleetOptions(), 20_000);
    for (const beats of perHost(sent).values()) {
      expect(beats.length).toBe(20);
      expect(new Set(beats.map((each) => each.atMs % 1_000)).size).toBe(1);
    }
  });

  test('G20: after half an interval of delay it catches up at twice the rate, and says how late it was', () => {
    const fleet = new Fleet(fleetOptions({ hosts: 1_000 }), START_MS, START_EPOCH_MS);
    let sent = 0;
    let told = 0;
    const send = outletTo(fleetOptions({ hosts: 1_000 }), (bytes) => {
      sent++;
      told = Math.max(told, bytes.readUInt16LE(30));
    });
    fleet.advance(START_MS + 500, Number.POSITIVE_INFINITY, send);
    expect(sent).toBe(20);
    let atMs = 500;
    while (fleet.nextDueMs <= START_MS + atMs && atMs < 2_000) {
      atMs++;
      const before = sent;
      fleet.advance(START_MS + atMs, Number.POSITIVE_INFINITY, send);
      expect(sent - before).toBeLessThanOrEqual(2);
    }
    expect(atMs).toBeGreaterThan(950);
    expect(atMs).toBeLessThan(1_050);
    expect(told).toBe(500);
    expect(fleet.tally.skipped).toBe(0);
  });

  test('G20: intervals that are gone altogether are passed over and counted', () => {
    const fleet = new Fleet(fleetOptions(), START_MS, START_EPOCH_MS);
    const seqs = new Map<string, number>();
    const outlet = outletTo(fleetOptions(), (bytes) => {
      seqs.set(bytes.toString('hex', 4, 12), bytes.readUInt32LE(20));
    });
    for (let atMs = 0; atMs < 8_000; atMs++) {
      if (atMs > 1_000 && atMs < 5_500) continue;
      fleet.advance(START_MS + atMs, Number.POSITIVE_INFINITY, outlet);
    }
    expect(fleet.tally.skipped).toBe(400);
    expect(fleet.tally.due).toBe(800);
    expect(new Set(seqs.values())).toEqual(new Set([4]));
  });
});

describe('what happens to it', () => {
  test('G21: due = made + lost + cut off + skipped, and the loss is near its share', () => {
    const { sent, fleet } = play(fleetOptions({ hosts: 1_000, lossShare: 0.2 }), 50_000);
    expect(fleet.tally).toEqual({
      due: 50_000,
      made: sent.length,
      lost: 50_000 - sent.length,
      cutOff: 0,
      skipped: 0,
    });
    // 10,000 ± 5 standard deviations of 89.
    expect(Math.abs(fleet.tally.lost - 10_000)).toBeLessThan(450);
    const eventful = play(EVENTFUL, 40_000).fleet.tally;
    expect(eventful.due).toBe(eventful.made + eventful.lost + eventful.cutOff + eventful.skipped);
    expect(eventful.cutOff).toBeGreaterThan(0);
  });

  test('G21: a lost heartbeat leaves a gap in its own host seq and nowhere else', () => {
    const { sent } = play(fleetOptions({ lossShare: 0.3 }), 10_000);
    for (const beats of perHost(sent).values()) {
      const seqs = beats.map((each) => each.seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(seqs.at(-1)).toBeLessThanOrEqual(10);
    }
  });

  test('G22: killed hosts send nothing from then on, and no bye; the others go on', () => {
    const { sent, fleet } = play(fleetOptions({ kills: [at(4_000, 30)] }), 10_000);
    const beats = perHost(sent);
    const stopped = [...beats.values()].filter((each) => each.at(-1)!.atMs <= 4_000);
    expect(stopped.length).toBe(30);
    expect(stopped.every((each) => each.length === 4)).toBe(true);
    expect([...beats.values()].filter((each) => each.length === 10).length).toBe(70);
    expect(fleet.running).toBe(70);
    expect(sent.every((each) => each.type !== MessageType.bye)).toBe(true);
    expect(fleet.tally.due).toBe(30 * 4 + 70 * 10);
  });

  test('G22: a kill never hits a host that is stopped already; more than there are stops all', () => {
    const { fleet } = play(
      fleetOptions({
        kills: [at(1_000, 60), at(2_000, 60)],
      }),
      3_000,
    );
    expect(fleet.running).toBe(0);
    expect(fleet.tally.due).toBe(100 + 40);
  });

  test('G23: a restarted host comes with a newer incarnation, seq 1 and a hello', () => {
    const { sent } = play(
      fleetOptions({
        restarts: [at(4_000, 10), at(4_000, 100)],
      }),
      6_000,
    );
    const again = sent.filter((each) => each.atMs > 4_000);
    const firsts = [...perHost(again).values()].map((each) => each[0]!);
    expect(firsts.every((each) => each.seq === 1 && each.type === MessageType.hello)).toBe(true);
    const incarnations = Map.groupBy(firsts, (each) => each.incarnation - START_EPOCH_MS);
    expect(incarnations.get(4_000)?.length).toBe(90);
    expect(incarnations.get(4_001)?.length).toBe(10);
  });

  test('G23: revived hosts start again, the others are left alone', () => {
    const { sent, fleet } = play(fleetOptions({ kills: [at(2_000, 30)], revivesAtMs: [5_000] }), 7_000);
    expect(fleet.running).toBe(100);
    const last = [...perHost(sent).values()].map((each) => each.at(-1)!);
    expect(last.filter((each) => each.seq === 7 && each.incarnation === START_EPOCH_MS).length).toBe(70);
    expect(last.filter((each) => each.seq === 2 && each.incarnation === START_EPOCH_MS + 5_000)).toHaveLength(
      30,
    );
  });

  test('G24: of a rack in an outage nothing arrives, and its seq goes on', () => {
    const options = fleetOptions({ outages: [{ rack: 'r02', atMs: 3_000, durationMs: 4_000 }] });
    const { sent, fleet } = play(options, 10_000);
    for (const [host, beats] of perHost(sent)) {
      const inRack = rackName(rackOf(host, options), options.racks) === 'r02';
      expect(beats.map((each) => each.seq)).toEqual(
        inRack ? [1, 2, 3, 8, 9, 10] : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      );
    }
    expect(fleet.tally.cutOff).toBe(20 * 4);
  });

  test('G25: flapping hosts are cut off for 8 of every 24 intervals, the others never', () => {
    const { sent, fleet } = play(fleetOptions({ flapping: 6 }), 48_000);
    const beats = [...perHost(sent).values()];
    expect(beats.filter((each) => each.length === 48).length).toBe(94);
    expect(beats.filter((each) => each.length === 32).length).toBe(6);
    expect(fleet.tally.cutOff).toBe(6 * 16);
    expect(beats.every(([first]) => first!.type === MessageType.hello && first!.seq === 1)).toBe(true);
  });

  test('G6: a fleet hello carries its own name, id and labels', () => {
    const options = fleetOptions();
    const { sent } = play(options, 1_000);
    for (const { host, bytes } of sent) {
      const name = hostName(host, options);
      expect(bytes.subarray(4, 12).toString('hex')).toBe(hostIdHex(name));
      expect(parseHelloBody(bytes.subarray(32))).toEqual({ name, labels: labelsOf(host, options) });
    }
  });

  test('G2: each fleet host says hello again after 24 to 29 beats', () => {
    const { sent } = play(fleetOptions(), 200_000, 5);
    const gaps = new Set<number>();
    for (const beats of perHost(sent).values()) {
      const hellos = beats.filter((each) => each.type === MessageType.hello).map((each) => each.seq);
      for (let i = 1; i < hellos.length; i++) gaps.add(hellos[i]! - hellos[i - 1]!);
    }
    expect([...gaps].sort((a, b) => a - b)).toEqual([25, 26, 27, 28, 29, 30]);
  });

  test('G26: byes come from running hosts alone, once each, a few at a time, with the next seq', () => {
    const { fleet } = play(fleetOptions({ kills: [at(2_000, 30)] }), 5_000);
    const byes: Buffer[] = [];
    const outlet = outletTo(fleetOptions(), (bytes) => byes.push(bytes));
    let calls = 0;
    let done = false;
    while (!done) {
      calls++;
      done = fleet.sayBye(10, START_MS + 5_000, outlet);
    }
    expect(calls).toBeGreaterThanOrEqual(7);
    expect(byes.length).toBe(70);
    expect(new Set(byes.map((bytes) => bytes.subarray(4, 12).toString('hex'))).size).toBe(70);
    expect(
      byes.every((bytes) => bytes.length === 32 && bytes[1] === 0x13 && bytes.readUInt32LE(20) === 6),
    ).toBe(true);
  });

  test('G106: a share of the running hosts can be killed, or all that have a label', () => {
    const options = fleetOptions({ hosts: 1_000, racks: 20 });
    const stoppedBy = (...chosen: Chosen[]) => {
      const kills = chosen.map((each, i) => ({ chosen: each, atMs: 2_000 + i }));
      const { sent, fleet } = play({ ...options, kills }, 4_000);
      const stopped = [...perHost(sent)].filter(([, beats]) => beats.length < 4).map(([host]) => host);
      expect(fleet.running).toBe(1_000 - stopped.length);
      return stopped;
    };
    expect(stoppedBy({ by: 'share', share: 0.125 })).toHaveLength(125);
    expect(stoppedBy({ by: 'share', share: 0.5 }, { by: 'share', share: 0.5 })).toHaveLength(750);
    for (const key of ['dc', 'rack', 'role'] as const) {
      const value = labelValues(key, options)[1]!;
      const stopped = stoppedBy({ by: 'label', key, value });
      const having = Array.from({ length: 1_000 }, (_, host) => host).filter(
        (host) => labelsOf(host, options)[key] === value,
      );
      expect(having.length).toBeGreaterThan(10);
      expect(stopped.sort((a, b) => a - b)).toEqual(having);
      expect(having.every(labelMatcher({ key, value }, options))).toBe(true);
    }
  });
});
