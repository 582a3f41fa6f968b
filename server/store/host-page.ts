/**
 * Pages of the register from hosts, and hosts from pages: for stores that have objects anyway, and for whoever wants
 * to see a register as such. A start reads the columns themselves. Pure; about 1 µs a host.
 */

import type { Labels } from '#lib/protocol/host.ts';
import type { HostPage, PageLeft, StoredHost } from './store.ts';

const LINE_BREAK = 0x0a;

/** Numbers its label sets by itself; equal ones are one only where they are the same object. */
export function pageOf(hosts: readonly StoredHost[]): HostPage {
  const sets = new Map(hosts.map(({ labels }) => [labels, 0]));
  for (const [number, labels] of [...sets.keys()].entries()) sets.set(labels, number);
  const names = Buffer.from(hosts.map(({ name }) => name ?? '').join('\n'), 'utf8');
  return {
    length: hosts.length,
    idHigh: Uint32Array.from(hosts, ({ id }) => Number.parseInt(id.slice(0, 8), 16)),
    idLow: Uint32Array.from(hosts, ({ id }) => Number.parseInt(id.slice(8), 16)),
    intervalMs: Float64Array.from(hosts, ({ intervalMs }) => intervalMs),
    registeredAt: Float64Array.from(hosts, ({ registeredAt }) => registeredAt),
    confirmed: Uint8Array.from(hosts, ({ confirmed }) => Number(confirmed)),
    unheard: Uint8Array.from(hosts, ({ unheard = false }) => Number(unheard)),
    names,
    nameEnds: lineEnds(names, hosts.length),
    labelSet: Uint32Array.from(hosts, ({ labels }) => sets.get(labels)!),
    firstSet: 0,
    newSets: [...sets.keys()],
    left: hosts.flatMap(({ left }, index): PageLeft[] => (left === null ? [] : [{ index, ...left }])),
  };
}

/** Where each line ends, exclusive. Throws RangeError unless there are exactly `count` of them. */
export function lineEnds(bytes: Uint8Array, count: number): Uint32Array<ArrayBuffer> {
  const ends = new Uint32Array(count);
  let lines = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === LINE_BREAK) ends[lines++] = at;
  if (count > 0) ends[lines++] = bytes.length;
  if (lines !== count)
    throw new RangeError(`the register has a text with a line break: ${lines} lines for ${count} hosts`);
  return ends;
}

/** The hosts of a whole reading, one by one; equal label sets are the same object. */
export async function* eachHost(pages: AsyncIterable<HostPage>): AsyncGenerator<StoredHost> {
  const sets: Labels[] = [];
  for await (const page of pages) {
    sets.splice(page.firstSet, Number.POSITIVE_INFINITY, ...page.newSets);
    const left = new Map(page.left.map(({ index, ...rest }) => [index, rest]));
    const names = Buffer.from(page.names.buffer, page.names.byteOffset, page.names.length);
    for (let i = 0; i < page.length; i++) {
      const name = names.toString('utf8', i === 0 ? 0 : page.nameEnds[i - 1]! + 1, page.nameEnds[i]);
      yield {
        id: hexOf(page.idHigh[i]!) + hexOf(page.idLow[i]!),
        name: name === '' ? null : name,
        labels: sets[page.labelSet[i]!]!,
        intervalMs: page.intervalMs[i]!,
        registeredAt: page.registeredAt[i]!,
        confirmed: page.confirmed[i] === 1,
        ...(page.unheard[i] === 1 ? { unheard: true as const } : {}),
        left: left.get(i) ?? null,
      };
    }
  }
}

function hexOf(word: number): string {
  return word.toString(16).padStart(8, '0');
}
