import { randomBytes } from 'node:crypto';

/** The name of this run of the server: 16 random hex digits, new at every start (docs/protocol.md 2). */
export function newEpoch(): string {
  return randomBytes(8).toString('hex');
}
