/** `pulsewatch remove`: takes hosts off the register, named or all that a filter finds. */
import type { RemoveAnswer } from '../../lib/protocol/account.ts';
import type { Console } from './agent.ts';
import { ApiRefusal, isRecord } from './api-client.ts';
import {
  clientOf,
  consents,
  counted,
  FILTER_OPTIONS,
  filterOf,
  requireConsent,
  SERVER_OPTIONS,
  withApiErrors,
  YES_OPTION,
} from './api-command.ts';
import { BY_OPTION, nameOf } from './by-option.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions, UsageError } from './command-line.ts';
import { countHosts } from './host-count.ts';
import { HOST_STATES } from './hosts-command.ts';
import { printable, printableJson } from './printable-text.ts';

const OPTIONS = {
  state: {
    kind: 'value',
    placeholder: 'STATE',
    help: `All hosts in this state: ${HOST_STATES.join(', ')}`,
    takes: `one of ${HOST_STATES.join(', ')}`,
  },
  ...FILTER_OPTIONS,
  ...BY_OPTION,
  ...YES_OPTION,
  ...SERVER_OPTIONS,
} as const satisfies OptionTable;

const OPERANDS = { atMost: 500, takes: 'names or ids of hosts' };

function isRemoveAnswer(body: unknown): body is RemoveAnswer {
  return isRecord(body) && typeof body.removed === 'number';
}

async function remove(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(OPTIONS, args, OPERANDS);
  const client = clientOf(options, environment);
  const state = options.value<string | undefined>(
    'state',
    (text) => (HOST_STATES.includes(text) ? text : null),
    undefined,
  );
  const filter = { ...filterOf(options), ...(state === undefined ? {} : { state }) };
  const isByFilter = Object.keys(filter).length > 0;
  if (isByFilter === options.operands.length > 0) {
    throw new UsageError(
      'it takes names of hosts, or a filter (--state, --label, --q), and one of the two alone',
    );
  }
  if (isByFilter) requireConsent(options, environment);
  const by = nameOf(options.text('by'), environment);
  const byQuery = by === undefined ? '' : `?${new URLSearchParams({ by })}`;
  const json = options.has('json');

  const byFilter = async (): Promise<number> => {
    const { total } = await countHosts(client, filter);
    const question = `${counted(total, 'host matches', 'hosts match')}. Remove, with open alerts closed?`;
    if (total > 0 && !(await consents(options, environment, question))) {
      console.warn('nothing was removed');
      return 1;
    }
    const answer = await client.post('/api/hosts/remove', { filter, by }, isRemoveAnswer);
    console.print(json ? printableJson(answer) : `${counted(answer.removed, 'host')} removed`);
    return 0;
  };

  const byName = async (): Promise<number> => {
    let removed = 0;
    const ids: string[] = [];
    for (const operand of new Set(options.operands)) {
      try {
        const path = `/api/hosts/${encodeURIComponent(operand)}${byQuery}`;
        const answer = await client.delete(path, isRemoveAnswer);
        removed += answer.removed;
        ids.push(...(answer.ids ?? []));
        if (!json) console.print(`${printable(operand)}: removed`);
      } catch (error) {
        if (!(error instanceof ApiRefusal) || error.code !== 'host_not_found') throw error;
        console.warn(printable(error.message));
      }
    }
    if (json) console.print(printableJson({ removed, ids } satisfies RemoveAnswer));
    return removed < new Set(options.operands).size ? 1 : 0;
  };

  return withApiErrors('remove', console, isByFilter ? byFilter : byName);
}

export const removeCommand: Command = {
  usage: 'pulsewatch remove HOST... | --state S --label K:V --q TEXT [options]',
  about: 'Takes hosts off the list; one that still sends comes back with its next heartbeat.',
  table: OPTIONS,
  run: remove,
};
