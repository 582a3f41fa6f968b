/**
 * `node server/bench/stalls.ts --seconds 20 --hosts 100000 --receiver recvmmsg --shards 1`: the long forms of the tests
 * that stop the engine for 1 and 5 s (SIGSTOP): no living host may go down, where a plain sweep buries them, and one
 * that died meanwhile must be found. With --gc: collections every 10 ms under full load for so long, and every column
 * compared with a model. Without a receiver or shards: each. Nothing else should be busy.
 */
import { parseArgs } from 'node:util';
import { soakCollections, soakStall } from './soak-tests.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    hosts: { type: 'string' },
    receiver: { type: 'string' },
    shards: { type: 'string' },
    gc: { type: 'boolean', default: false },
  },
});

/** Of a test's environment: what is not asked for stays as the test has it. */
const env: Record<string, string> = { STALL_SECONDS: positive('seconds', values.seconds) };
if (values.hosts !== undefined) env.STALL_HOSTS = positive('hosts', values.hosts);
if (values.shards !== undefined) env.STALL_SHARDS = oneOf('shards', values.shards, ['1', '2']);
if (values.receiver !== undefined)
  env.STALL_RECEIVER = oneOf('receiver', values.receiver, ['recvmmsg', 'dgram']);

function positive(name: string, text: string): string {
  if (/^[1-9][0-9]*$/.test(text)) return text;
  throw new RangeError(`--${name} ${text}; accepted: a whole number above 0`);
}

function oneOf(name: string, text: string, accepted: readonly string[]): string {
  if (accepted.includes(text)) return text;
  throw new RangeError(`--${name} ${text}; accepted: ${accepted.join(' or ')}`);
}

await (values.gc ? soakCollections(env) : soakStall(env));
