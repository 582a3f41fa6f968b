import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { HEADER_BYTES, MAX_BUNDLE_BYTES, TAG_BYTES } from '../../lib/protocol/heartbeat.ts';
import { whyNoLibc } from '../libc/libc.ts';
import { freeUdpPort } from '../testing/free-port.ts';
import { UdpListener } from '../testing/udp-listener.ts';
import { type BatchShape, beatsPerBundle, type FleetBatch } from './fleet-batch.ts';
import type { CarrierOptions, FleetCarrier } from './fleet-carrier.ts';
import { DgramCarrier } from './fleet-dgram.ts';
import { SendmmsgCarrier } from './fleet-sendmmsg.ts';

type Make = (options: CarrierOptions) => FleetCarrier;
const CARRIERS: [name: string, make: Make][] = [['node:dgram', (options) => new DgramCarrier(options)]];
if (whyNoLibc() === null) CARRIERS.push(['sendmmsg', (options) => new SendmmsgCarrier(options)]);

const SINGLE: BatchShape = { beatBytes: 32, beatsPerDatagram: 1, datagramsPerMessage: 1, otherBytes: 64 };

const listeners: UdpListener[] = [];
afterEach(async () => {
  for (const each of listeners.splice(0)) await each.close();
});

async function listen(): Promise<UdpListener> {
  const listener = await UdpListener.bind();
  listeners.push(listener);
  return listener;
}

const shapes = fc
  .record({
    beatBytes: fc.constantFrom(HEADER_BYTES, HEADER_BYTES + TAG_BYTES),
    bundled: fc.boolean(),
    segmented: fc.boolean(),
    otherBytes: fc.integer({ min: 48, max: 200 }),
  })
  .map(({ beatBytes, bundled, segmented, otherBytes }): BatchShape => {
    const beatsPerDatagram = bundled ? beatsPerBundle(beatBytes) : 1;
    const datagramsPerMessage = segmented
      ? Math.min(64, Math.floor(65_507 / (beatBytes * beatsPerDatagram)))
      : 1;
    return { beatBytes, beatsPerDatagram, datagramsPerMessage, otherBytes };
  });

/** Fills a batch so that every heartbeat is another; gives each as text. */
function fill(batch: FleetBatch, beats: number, others: readonly number[], mark: number): string[] {
  const written: string[] = [];
  const write = (at: number, length: number, number: number): void => {
    batch.bytes.fill(mark, at, at + length);
    batch.view.setUint32(at, number);
    written.push(Buffer.from(batch.bytes.slice(at, at + length)).toString('hex'));
  };
  const { beatBytes } = batch.shape;
  for (let i = 0; i < Math.min(beats, batch.maxBeats); i++) write(batch.takeBeat(i), beatBytes, i);
  for (const [i, length] of others.entries()) {
    write(batch.nextOtherAt, length, 1_000_000 + i);
    batch.endOther(length, i);
  }
  return written.sort();
}

const options = (shape: BatchShape, say: (line: string) => void = () => {}): CarrierOptions => ({
  shape,
  sockets: 1,
  say,
});

describe.each(CARRIERS)('%s', (_name, make) => {
  test('G96 G97 G98: whatever stands in a batch, in whatever shape, arrives once and whole', async () => {
    const listener = await listen();
    let mark = 0;
    const property = fc.asyncProperty(
      shapes,
      fc.integer({ min: 0, max: 1_100 }),
      fc.array(fc.integer({ min: 33, max: 48 }), { maxLength: 256 }),
      async (shape, beats, others) => {
        mark = (mark % 250) + 1;
        const carrier = make(options(shape));
        const sockets = await carrier.open('127.0.0.1', listener.port, (code) => expect(code).toBe(''));
        // Twice, so that a length that stayed from the first time would show.
        const written: string[] = [];
        let datagrams = 0;
        for (const count of [beats, Math.floor(beats / 3)]) {
          const before = listener.arrivals.length;
          written.push(...fill(carrier.batch, count, others, mark));
          const { beatDatagrams } = carrier.batch;
          sockets.send(0);
          carrier.batch.clear();
          datagrams += beatDatagrams + others.length;
          await listener.until((arrivals) => arrivals.length >= before + beatDatagrams + others.length);
        }
        sockets.close();
        expect(carrier.counts).toEqual({ sent: written.length, datagrams, refused: 0 });
        const arrived = listener.arrivals.splice(0).flatMap(({ bytes }) => {
          expect(bytes.length).toBeLessThanOrEqual(MAX_BUNDLE_BYTES);
          if (bytes.readUInt32BE(0) >= 1_000_000) return [bytes.toString('hex')];
          return Array.from({ length: bytes.length / shape.beatBytes }, (_, i) =>
            bytes.toString('hex', i * shape.beatBytes, (i + 1) * shape.beatBytes),
          );
        });
        expect(arrived.sort()).toEqual(written.sort());
      },
    );
    await fc.assert(property, { numRuns: 20 });
  });

  test('G96: a bundle holds as many beats as fit, and only the last has fewer', async () => {
    const listener = await listen();
    const carrier = make(
      options({ beatBytes: 32, beatsPerDatagram: 46, datagramsPerMessage: 1, otherBytes: 64 }),
    );
    const sockets = await carrier.open('127.0.0.1', listener.port, () => {});
    fill(carrier.batch, 100, [64], 1);
    sockets.send(0);
    await listener.until((arrivals) => arrivals.length === 4);
    expect(listener.arrivals.map(({ bytes }) => bytes.length).sort((a, b) => a - b)).toEqual([
      64, 256, 1_472, 1_472,
    ]);
    sockets.close();
  });

  test('G95: a part of the fleet keeps its socket', async () => {
    const listener = createSocket('udp4').bind(0, '127.0.0.1');
    const partsOf = new Map<number, number[]>();
    let left = 6;
    const all = new Promise<void>((resolve) => {
      listener.on('message', (bytes, { port }) => {
        partsOf.set(port, [...(partsOf.get(port) ?? []), bytes[31]!]);
        if (--left === 0) resolve();
      });
    });
    await once(listener, 'listening');
    const carrier = make({ ...options(SINGLE), sockets: 3 });
    const sockets = await carrier.open('127.0.0.1', listener.address().port, () => {});
    for (const part of [0, 1, 2, 3, 4, 1]) {
      fill(carrier.batch, 1, [], part);
      sockets.send(part);
      carrier.batch.clear();
    }
    await all;
    expect([...partsOf.values()].sort()).toEqual([[0, 3], [1, 4, 1], [2]]);
    sockets.close();
    listener.close();
  });

  test('G109: nobody listening is an error that is told, and stops nothing', async () => {
    const codes: string[] = [];
    const carrier = make(options(SINGLE));
    const port = await freeUdpPort();
    const sockets = await carrier.open('127.0.0.1', port, (code) => codes.push(code));
    for (let i = 0; i < 20 || codes.length === 0; i++) {
      fill(carrier.batch, 10, [], i % 250);
      sockets.send(0);
      carrier.batch.clear();
      await new Promise(setImmediate);
    }
    expect(new Set(codes)).toEqual(new Set(['ECONNREFUSED']));
    sockets.close();
  });

  test('G109: an address this machine has no way to is refused with its code', async () => {
    const carrier = make(options(SINGLE));
    await expect(carrier.open('fe80::1', 9, () => {})).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

const inNetwork = (script: string) => ['--net', '--user', '--map-root-user', 'sh', '-c', script];
const hasNetworks =
  whyNoLibc() === null && spawnSync('unshare', inNetwork('ip link set lo up mtu 1300')).status === 0;

test.skipIf(!hasNetworks)(
  'G97: a way that takes no segments: one by one from then on, said once, and nothing is lost',
  () => {
    const url = (name: string) => JSON.stringify(path.join(import.meta.dirname, name));
    // Bundles are longer than this loopback's MTU, so they cannot be segments; as single datagrams they are fragmented.
    const script = `
      import { SendmmsgCarrier } from ${url('fleet-sendmmsg.ts')};
      import { UdpListener } from ${url('../testing/udp-listener.ts')};
      const listener = await UdpListener.bind();
      const said = [];
      const shape = { beatBytes: 32, beatsPerDatagram: 46, datagramsPerMessage: 10, otherBytes: 64 };
      const carrier = new SendmmsgCarrier({ shape, sockets: 1, say: (line) => said.push(line) });
      const sockets = await carrier.open('127.0.0.1', listener.port, (code) => said.push(code));
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 900; i++) carrier.batch.view.setUint32(carrier.batch.takeBeat(i), i);
        sockets.send(0);
        carrier.batch.clear();
      }
      await listener.until((arrivals) => arrivals.length === 40);
      const beats = listener.arrivals.flatMap(({ bytes }) =>
        Array.from({ length: bytes.length / 32 }, (_, i) => bytes.readUInt32BE(32 * i)));
      await listener.close();
      console.log(JSON.stringify({ said, counts: carrier.counts, beats }));
    `;
    const answer = JSON.parse(
      execFileSync(
        'unshare',
        inNetwork(
          `ip link set lo up mtu 1300 && exec '${process.execPath}' --input-type=module -e "$SCRIPT"`,
        ),
        { encoding: 'utf8', env: { ...process.env, SCRIPT: script } },
      ),
    );
    expect(answer.said).toEqual([
      expect.stringMatching(
        /^the way to the server takes no segments \(E[A-Z]+\); sending datagrams one by one$/,
      ),
    ]);
    expect(answer.counts).toEqual({ sent: 1_800, datagrams: 40, refused: 0 });
    const each = Array.from({ length: 900 }, (_, i) => i);
    expect(answer.beats).toEqual([...each, ...each]);
  },
);
