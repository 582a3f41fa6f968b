import { afterEach, describe, expect, test } from 'vitest';
import { MessageType } from '../../lib/protocol/heartbeat.ts';
import { whyNoLibc } from '../libc/libc.ts';
import {
  beatsIn,
  DURATION_MS,
  ELSEWHERE,
  HOSTS,
  INTERVAL_MS,
  shortFleet,
  startSimulate,
  summaryOf,
} from '../testing/simulate-run.ts';
import type { SpawnedProcess } from '../testing/spawned-process.ts';
import { UdpListener } from '../testing/udp-listener.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(): Promise<UdpListener> {
  const listener = await UdpListener.bind();
  closing.push(() => listener.close());
  return listener;
}

function start(...args: Parameters<typeof startSimulate>): SpawnedProcess {
  const child = startSimulate(...args);
  closing.push(() => child.end());
  return child;
}

describe('every heartbeat, once', () => {
  const WAYS: [what: string, node: readonly string[], options: readonly string[], says: RegExp][] = [
    [
      'node:dgram, asked for',
      [],
      ['--sender', 'dgram'],
      /by node:dgram \(--sender dgram was asked for\) from 1 socket/,
    ],
    ['a system without sendmmsg', ELSEWHERE, [], /by node:dgram \(the system is darwin, not Linux\)/],
    ['a relay by node:dgram', [], ['--sender', 'dgram', '--relay'], /up to 46 beats in a datagram/],
  ];
  if (whyNoLibc() === null) {
    WAYS.push(
      ['sendmmsg', [], [], /by sendmmsg from 1 socket: a datagram a heartbeat, one by one/],
      ['segments', [], ['--segment', 'on'], /by sendmmsg.*64 datagrams a message \(UDP_SEGMENT\)/],
      ['a relay', [], ['--relay'], /by sendmmsg.*up to 46 beats in a datagram/],
      ['a relay with segments', [], ['--relay', '--segment', 'on'], /46 beats.*44 datagrams a message/],
    );
  }

  test.each(WAYS)(
    'G93 G95 G96 G97: %s: nothing missing, nothing twice, spread evenly',
    async (what, node, options, says) => {
      const listener = await listen();
      const child = start(shortFleet(listener.port, ...options), node);
      const summary = await summaryOf(child);
      expect(child.stdout.join('\n')).toMatch(says);
      await listener.until((arrivals) => arrivals.length >= summary.datagrams);

      const beats = beatsIn(listener);
      expect(listener.arrivals.length).toBe(summary.datagrams);
      expect(beats.length).toBe(summary.sent);
      expect(summary.due).toBe((HOSTS * DURATION_MS) / INTERVAL_MS);
      expect(summary.due).toBe(summary.sent + summary.skipped);
      const hosts = Map.groupBy(beats, (each) => each.id);
      expect(hosts.size).toBe(HOSTS);
      // On a machine too busy whole intervals are passed over, by all hosts alike.
      const each = Math.ceil(beats.length / HOSTS);
      const wrong = [...hosts.values()].filter((of) => {
        const seqs = of.map(({ seq }) => seq).sort((a, b) => a - b);
        const hellos = of.filter(({ type }) => type === MessageType.hello);
        const inOrder = seqs.every((seq, i) => seq === i + 1);
        return !inOrder || seqs.length > each || seqs.length < each - 1 || hellos[0]?.seq !== 1;
      });
      expect(wrong).toEqual([]);
      // 8 hosts are due in each ms; ±1 for rounding at both ends.
      const perMs = Map.groupBy(
        beats.filter(({ dueMs }) => dueMs >= 0),
        ({ dueMs }) => dueMs,
      );
      if (summary.skipped === 0) {
        expect(Math.max(...[...perMs.values()].map((of) => of.length))).toBeLessThanOrEqual(3 * 8);
        expect(perMs.size).toBeGreaterThan(DURATION_MS / 2);
      }
      if (what.startsWith('a relay')) expect(summary.datagrams).toBeLessThan(0.8 * summary.sent);
      else expect(summary.datagrams).toBe(summary.sent);
    },
  );
});
