/** The options of `pulsewatch simulate` as a table, and what each of them accepts. Pure. */

import type { OptionTable } from './command-line.ts';
import { KEY_TAKES } from './fleet-keys.ts';
import { GUARDED_PER_SECOND, SEGMENT_CHOICES, SENDER_CHOICES } from './fleet-load.ts';
import { type ChosenAt, type FleetOptions, LABEL_KEYS, labelValues } from './fleet-plan.ts';
import { HELP_OPTION, INTERVAL_TAKES, SERVER_TAKES } from './heartbeat-options.ts';
import { DEFAULT_HEARTBEAT_PORT, parseShare, parseSpan, SPAN_TAKES, wholeNumber } from './option-values.ts';

export const MAX_SIMULATED_HOSTS = 1_000_000;
export const MAX_RACKS = 100_000;
const CHOSEN_AT_TAKES =
  'N@T, SHARE%@T or LABEL=VALUE@T: a number of hosts (at most as many as there are), a share of them or a label that some have (dc, rack or role), and a time, like 500@60s, 10%@60s or rack=r03@60s';

export const SIMULATE_OPTIONS = {
  hosts: {
    kind: 'value',
    placeholder: 'N',
    help: 'How many hosts',
    takes: `a whole number from 1 to ${MAX_SIMULATED_HOSTS}`,
  },
  interval: {
    kind: 'value',
    placeholder: 'TIME',
    help: 'How often each host sends: 10ms to 655s; 1s unless given',
    takes: INTERVAL_TAKES,
  },
  server: {
    kind: 'value',
    placeholder: 'HOST:PORT',
    help: `Where the heartbeats go; 127.0.0.1:${DEFAULT_HEARTBEAT_PORT} unless given`,
    takes: SERVER_TAKES,
  },
  loss: {
    kind: 'value',
    placeholder: 'SHARE',
    help: 'Share of heartbeats that get lost, as 0.01 or 1%',
    takes: 'a share from 0 to 1, like 0.01 or 1%',
  },
  kill: {
    kind: 'values',
    placeholder: 'N@T',
    help: 'N random hosts stop silently at time T, as 500@60s; or a share, 10%@60s; or by label, rack=r03@60s',
    takes: CHOSEN_AT_TAKES,
  },
  restart: {
    kind: 'values',
    placeholder: 'N@T',
    help: 'N random hosts restart at time T; or a share, or by label',
    takes: CHOSEN_AT_TAKES,
  },
  revive: {
    kind: 'values',
    placeholder: 'T',
    help: 'All stopped hosts start again at time T',
    takes: SPAN_TAKES,
  },
  outage: {
    kind: 'values',
    placeholder: 'RACK@T+TIME',
    help: "A rack's network is cut at time T for so long, as r03@60s+20s",
    takes: 'RACK@T+TIME, like r03@60s+20s',
  },
  flap: {
    kind: 'value',
    placeholder: 'N',
    help: 'N random hosts are cut off again and again',
    takes: 'a whole number from 0 to the number of hosts',
  },
  racks: {
    kind: 'value',
    placeholder: 'N',
    help: 'How many racks; one for each 40 hosts unless given. Names have two digits (r01), from 100 racks on as many as the last: r001',
    takes: `a whole number from 1 to the number of hosts, at most ${MAX_RACKS}`,
  },
  prefix: {
    kind: 'value',
    placeholder: 'TEXT',
    help: 'How the names begin; host- unless given',
    takes: 'letters, digits, . _ and -, the first a letter or digit, at most 50',
  },
  seed: {
    kind: 'value',
    placeholder: 'N',
    help: 'The same seed gives the same fleet and the same events; 1 unless given',
    takes: 'a whole number from 0 to 4294967295',
  },
  duration: {
    kind: 'value',
    placeholder: 'TIME',
    help: 'Ends by itself after so long; runs until stopped unless given',
    takes: SPAN_TAKES,
  },
  bye: {
    kind: 'flag',
    help: 'At the end every running host says bye, so that it leaves instead of going down',
  },
  key: {
    kind: 'value',
    placeholder: 'ID:HEX',
    help: "Heartbeats are tagged with keys derived from this one of the server's HEARTBEAT_KEYS",
    takes: KEY_TAKES,
  },
  relay: {
    kind: 'flag',
    help: 'Beats go as a relay sends them: up to 46 in a datagram, 30 with tags',
  },
  segment: {
    kind: 'value',
    placeholder: 'WHEN',
    help: 'UDP_SEGMENT, 64 datagrams handed to the kernel at once: auto (at high rates), on or off; auto unless given',
    takes: SEGMENT_CHOICES.join(', '),
  },
  sender: {
    kind: 'value',
    placeholder: 'WHICH',
    help: 'auto, sendmmsg (Linux) or dgram (any system, twice the cost); auto unless given',
    takes: SENDER_CHOICES.join(', '),
  },
  strict: {
    kind: 'flag',
    help: 'Exit code 1 when it could not keep its pace: something skipped or refused, or 1 % late by a tenth of the interval',
  },
  'own-network': {
    kind: 'flag',
    help: `The network is mine: more than ${GUARDED_PER_SECOND.toLocaleString('en-US')} heartbeats/s may leave this machine`,
  },
  ...HELP_OPTION,
} as const satisfies OptionTable;

export type SimulateOption = keyof typeof SIMULATE_OPTIONS;

/** `500@60s`, `10%@60s` or `rack=r03@60s`; null when it is of no such form or no host is meant. */
export function parseChosenAt(
  fleet: Pick<FleetOptions, 'hosts' | 'racks'>,
): (text: string) => ChosenAt | null {
  return (text) => {
    const [who, when, ...rest] = text.split('@');
    const atMs = when === undefined ? null : parseSpan(when);
    if (who === undefined || atMs === null || rest.length > 0) return null;
    const [label, value] = who.split('=');
    const key = LABEL_KEYS.find((each) => each === label);
    if (key !== undefined && value !== undefined) {
      const known = who === `${key}=${value}` && labelValues(key, fleet).includes(value);
      return known ? { chosen: { by: 'label', key, value }, atMs } : null;
    }
    if (who.endsWith('%')) {
      const share = parseShare(who);
      return share !== null && share > 0 ? { chosen: { by: 'share', share }, atMs } : null;
    }
    const count = wholeNumber(1, fleet.hosts)(who);
    return count === null ? null : { chosen: { by: 'count', count }, atMs };
  };
}

/** One of the words, or null. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word | null {
  return (text) => words.find((each) => each === text) ?? null;
}
