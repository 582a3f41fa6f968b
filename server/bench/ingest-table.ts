/** The ingest benchmark's result in words and tables, and which of its own targets it missed. Pure. */
import { type IngestResult, ROUNDS } from './ingest.ts';
import { isSignedReceiver, type ReceiverKind, type SendShape } from './ingest-messages.ts';
import type { Highest } from './ingest-ramp.ts';

const SHAPES: Readonly<Record<SendShape, string>> = {
  direct: 'one a datagram',
  segment: 'UDP_SEGMENT',
  bundle: '46 a datagram',
};
const RECEIVERS: Readonly<Record<ReceiverKind, string>> = {
  engine: 'Pulsewatch',
  discard: 'recvmmsg, discarding',
  bare: 'node:dgram, counting',
  pieces: 'recvmmsg with UDP_GRO, discarding',
  signed: 'Pulsewatch, signed beats',
  verify: 'recvmmsg, verifying',
};

const rate = (n: number): string => Math.round(n).toLocaleString('en-US');
const share = (n: number): string => `${(100 * Math.max(0, n)).toFixed(2)} %`;

const top = (result: IngestResult, receiver: ReceiverKind, shape: SendShape): Highest | undefined =>
  result.highest.find((each) => each.receiver === receiver && each.shape === shape);

/** Of the highest rates of two receivers; NaN, which meets no target, when the other had none. */
const ratioOf = (
  result: IngestResult,
  shape: SendShape,
  to: ReceiverKind,
  of: ReceiverKind = 'engine',
): number => (top(result, of, shape)?.perSecond ?? 0) / (top(result, to, shape)?.perSecond || Number.NaN);

const rateOf = ({ perSecond, endedBy }: Highest): string =>
  `${rate(perSecond)}${endedBy === 'sender' ? ' (the sender’s limit)' : ''}`;

/** What was signed, beside the same without tags. */
function signedRows(result: IngestResult): string[] {
  const paced = result.signed.map(({ shape, wantedPerSecond, of, cpuToPlain, cpuToVerify }) =>
    [
      `${SHAPES[shape]}, signed`,
      rate(wantedPerSecond),
      ...(['signed', 'engine', 'verify'] as const).flatMap((kind) => [
        share(of[kind].lossShare),
        of[kind].cpuUsPerBeat.toFixed(3),
      ]),
      cpuToPlain.toFixed(2),
      cpuToVerify.toFixed(2),
    ].join(' | '),
  );
  const highest = result.highest
    .filter(({ receiver }) => isSignedReceiver(receiver))
    .map((each) =>
      [
        `${SHAPES[each.shape]}, signed`,
        RECEIVERS[each.receiver],
        rateOf(each),
        each.cpuUsPerBeat.toFixed(3),
        ratioOf(result, each.shape, 'engine', each.receiver).toFixed(2),
        each.receiver === 'signed' ? ratioOf(result, each.shape, 'verify', 'signed').toFixed(2) : '',
      ].join(' | '),
    );
  return [
    '| beats | wanted/s | Pulsewatch: loss | CPU | the same unsigned: loss | CPU | verifying: loss | CPU | CPU to unsigned | CPU to verifying |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...paced.map((row) => `| ${row} |`),
    '',
    '| beats | receiver | highest rate without loss, beats/s | CPU there | this to Pulsewatch’s unsigned | this to verifying |',
    '|---|---|---:|---:|---:|---:|',
    ...highest.map((row) => `| ${row} |`),
  ];
}

/** As Markdown. */
export function ingestTable(result: IngestResult): string {
  const { machine, receiveBufferBytes: buffer } = result;
  const paced = result.rates.map(({ shape, wantedPerSecond, of, cpuToDiscard, cpuToBare }) =>
    [
      SHAPES[shape],
      rate(wantedPerSecond),
      ...(['engine', 'discard', 'bare'] as const).flatMap((kind) => [
        share(of[kind].lossShare),
        of[kind].cpuUsPerBeat.toFixed(3),
      ]),
      cpuToDiscard.toFixed(2),
      cpuToBare.toFixed(2),
    ].join(' | '),
  );
  const highest = result.highest
    .filter(({ receiver }) => !isSignedReceiver(receiver))
    .map((each) =>
      [
        SHAPES[each.shape],
        RECEIVERS[each.receiver],
        rateOf(each),
        each.cpuUsPerBeat.toFixed(3),
        each.receiver === 'engine' ? '' : ratioOf(result, each.shape, each.receiver).toFixed(2),
      ].join(' | '),
    );
  return [
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ${rate(result.hosts)} hosts; receive buffers ${rate(buffer.engine)}, ${rate(buffer.discard)} and ${rate(buffer.bare)} bytes, for signed beats ${rate(buffer.signed)} and ${rate(buffer.verify)}; ${rate(result.rejected)} rejected; medians of ${ROUNDS} rounds. CPU: µs a beat of the receiving process.`,
    '',
    '| beats | wanted/s | Pulsewatch: loss | CPU | discarding: loss | CPU | node:dgram: loss | CPU | CPU to discarding | CPU to node:dgram |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...paced.map((row) => `| ${row} |`),
    '',
    '| beats | receiver | highest rate without loss, beats/s | CPU there | Pulsewatch’s rate to this |',
    '|---|---|---:|---:|---:|',
    ...highest.map((row) => `| ${row} |`),
    '',
    ...signedRows(result),
  ].join('\n');
}

/** Targets not met, in words. */
export function missedIngestTargets(result: IngestResult): string[] {
  const missed: string[] = [];
  const atLeast = (what: string, is: number, target: number): void => {
    if (!(is >= target)) missed.push(`${what} is ${is.toFixed(2)}, the target ${target} or more`);
  };
  atLeast('highest direct rate to the discarding loop’s', ratioOf(result, 'direct', 'discard'), 0.9);
  atLeast('highest UDP_SEGMENT rate to the discarding loop’s', ratioOf(result, 'segment', 'discard'), 0.85);
  atLeast('highest UDP_SEGMENT rate to node:dgram’s', ratioOf(result, 'segment', 'bare'), 3);
  const bundled = top(result, 'engine', 'bundle')?.perSecond ?? 0;
  atLeast('bundled beats, millions a second', bundled / 1e6, 3);
  for (const { shape, wantedPerSecond, cpuToDiscard } of result.rates) {
    // A bundle is one datagram to the loop that discards, and 46 beats to us.
    if (shape === 'bundle' || cpuToDiscard <= 1.4) continue;
    missed.push(
      `CPU a beat (${shape}, ${rate(wantedPerSecond)}/s) is ${cpuToDiscard.toFixed(2)} × the discarding loop’s, the target 1.4 or less`,
    );
  }
  if (result.rejected > 0) missed.push(`${rate(result.rejected)} beats were rejected`);
  return missed;
}
