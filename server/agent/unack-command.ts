/** `pulsewatch unack`: gives alerts back, or takes back one batch of acknowledgements. */
import type { UnackAnswer } from '../../lib/protocol/alert.ts';
import type { UnackRequest } from '../../lib/protocol/api.ts';
import type { Console } from './agent.ts';
import { ALERT_OPERANDS, alertTargets } from './alert-targets.ts';
import { type ApiClient, isRecord } from './api-client.ts';
import { clientOf, SERVER_OPTIONS, withApiErrors } from './api-command.ts';
import { BY_OPTION, nameOf } from './by-option.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions, UsageError } from './command-line.ts';
import { printableJson } from './printable-text.ts';

const OPTIONS = {
  batch: {
    kind: 'value',
    placeholder: 'ID',
    help: 'What one acknowledgement did, as `ack` names it; what others took since stays',
    takes: 'the id of a batch, 1 to 64 letters and digits',
  },
  ...BY_OPTION,
  ...SERVER_OPTIONS,
} as const satisfies OptionTable;

function isUnackAnswer(body: unknown): body is UnackAnswer {
  return isRecord(body) && typeof body.unacked === 'number' && typeof body.skipped === 'number';
}

async function unack(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(OPTIONS, args, ALERT_OPERANDS);
  const client = clientOf(options, environment);
  const batchId = options.value<string | undefined>(
    'batch',
    (text) => (/^[0-9A-Za-z_-]{1,64}$/.test(text) ? text : null),
    undefined,
  );
  if ((batchId !== undefined) === options.operands.length > 0) {
    throw new UsageError('it takes ids of alerts or names of hosts, or --batch ID, and one of the two alone');
  }
  const by = nameOf(options.text('by'), environment);
  return withApiErrors('unack', console, async () => {
    if (batchId !== undefined) {
      const answer = await post(client, { batchId, by });
      print(answer, options.has('json'), console);
      // A batch that is not known, or of which nothing is left.
      return answer.unacked === 0 ? 1 : 0;
    }
    const { named, missing } = await alertTargets(client, options.operands, console);
    if (named.size === 0) return 1;
    const answer = await post(client, { ids: [...named.keys()], by });
    print(answer, options.has('json'), console);
    return missing > 0 || answer.skipped > 0 ? 1 : 0;
  });
}

function post(client: ApiClient, request: UnackRequest): Promise<UnackAnswer> {
  return client.post('/api/alerts/unack', request, isUnackAnswer);
}

function print(answer: UnackAnswer, json: boolean, console: Console): void {
  if (json) {
    console.print(printableJson(answer));
    return;
  }
  const skipped = answer.skipped > 0 ? `, ${answer.skipped.toLocaleString('en-US')} were not any more` : '';
  console.print(`${answer.unacked.toLocaleString('en-US')} no longer acknowledged${skipped}`);
}

export const unackCommand: Command = {
  usage: 'pulsewatch unack ALERT-OR-HOST... | --batch ID [options]',
  about: 'Takes acknowledgements back.',
  table: OPTIONS,
  run: unack,
};
