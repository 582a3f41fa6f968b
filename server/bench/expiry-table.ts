/** The expiry benchmark's result as a Markdown table with a line about the machine. Pure. */
import { EXPIRY_SIZES, type ExpiryResult } from './expiry.ts';
import { ORDERS, STRUCTURES, type StructureKind } from './expiry-messages.ts';

const NAMES: Readonly<Record<StructureKind, string>> = {
  fifo: 'FIFO a timeout class (ours, `fixed`)',
  wheel: 'lazy timing wheel (ours, `adaptive`)',
  buckets: 'buckets of one second (as ZooKeeper)',
  heap: 'indexed binary heap',
  scan: 'full scan',
};

export function expiryTable({ machine, turns, figures }: ExpiryResult): string {
  const columns = ORDERS.flatMap((order) => EXPIRY_SIZES.map((hosts) => ({ order, hosts })));
  const count = (hosts: number): string => (hosts < 1e6 ? `${hosts / 1e3}k` : `${hosts / 1e6}M`);
  const rows = STRUCTURES.map((structure) => {
    const own = figures.filter((figure) => figure.structure === structure);
    const largest = own.find(({ hosts, order }) => hosts === EXPIRY_SIZES.at(-1) && order === 'random')!;
    return [
      NAMES[structure],
      ...columns.map(({ order, hosts }) =>
        own.find((figure) => figure.order === order && figure.hosts === hosts)!.nsABeat.toFixed(0),
      ),
      largest.lookUs < 10 ? largest.lookUs.toFixed(1) : largest.lookUs.toFixed(0),
      largest.nsADown.toFixed(0),
    ].join(' | ');
  });
  const heads = columns.map(({ order, hosts }) => `${order}: ${count(hosts)}`);
  return [
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ns a beat, one beat a second and host, looked for silent ones 20 times a second; the last two at ${count(EXPIRY_SIZES.at(-1)!)} hosts, random; medians of ${turns} turns.`,
    '',
    `| structure | ${heads.join(' | ')} | one look, µs | ns a host found down |`,
    `|---|${'---:|'.repeat(heads.length + 2)}`,
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}
