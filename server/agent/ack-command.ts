/** `pulsewatch ack`: takes alerts, named or all that a filter finds. */
import type { AckAnswer, AckResult } from '../../lib/protocol/alert.ts';
import type { AckRequest } from '../../lib/protocol/api.ts';
import type { Console } from './agent.ts';
import { ALERT_OPERANDS, alertTargets } from './alert-targets.ts';
import { acknowledgementInWords, isAcknowledgement } from './alerts-command.ts';
import { type ApiClient, isRecord } from './api-client.ts';
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
import { parseSpan } from './option-values.ts';
import { printable, printableJson } from './printable-text.ts';

const MAX_COMMENT_LENGTH = 1_000;
const MIN_EXPIRY_MS = 1_000;
/** What an operator can take: what is up has no alert. */
const STATES = ['unhandled', 'down', 'maintenance'];

const OPTIONS = {
  'all-matching': { kind: 'flag', help: 'All hosts that are down and match the filter below' },
  state: {
    kind: 'value',
    placeholder: 'STATE',
    help: `With --all-matching: ${STATES.join(', ')}; unhandled unless given`,
    takes: `one of ${STATES.join(', ')}`,
  },
  ...FILTER_OPTIONS,
  comment: {
    kind: 'value',
    placeholder: 'TEXT',
    help: 'What others should know',
    takes: `1 to ${MAX_COMMENT_LENGTH} characters`,
  },
  expires: {
    kind: 'value',
    placeholder: 'TIME',
    help: 'Ends by itself after so long, as 1h; until recovery unless given',
    takes: 'a time from 1s to 168h, like 15m, 1h or 8h',
  },
  ...BY_OPTION,
  ...YES_OPTION,
  ...SERVER_OPTIONS,
} as const satisfies OptionTable;

function isAckAnswer(body: unknown): body is AckAnswer {
  return (
    isRecord(body) &&
    ['acked', 'alreadyAcked', 'skipped'].every((field) => typeof body[field] === 'number') &&
    typeof body.batchId === 'string' &&
    (body.results === undefined || (Array.isArray(body.results) && body.results.every(isResult)))
  );
}

function isResult(value: unknown): value is AckResult {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.outcome === 'string' &&
    (value.state === null || typeof value.state === 'string') &&
    (value.ack === null || isAcknowledgement(value.ack))
  );
}

function resultInWords(name: string, { outcome, state, ack }: AckResult): string {
  if (outcome === 'acked') return `${name}: acknowledged`;
  if (outcome === 'alreadyAcked') {
    return `${name}: was acknowledged already${ack === null ? '' : `, by ${acknowledgementInWords(ack)}`}`;
  }
  const why =
    state === null ? 'its host is not known' : `its host is ${state}, or this is not its open alert`;
  return `${name}: not acknowledged, ${why}`;
}

const NAMED_NONE: ReadonlyMap<string, string> = new Map();

/** The counts, how to take it back; exit code 1 when something was left out. */
function finish(
  answer: AckAnswer,
  named: ReadonlyMap<string, string>,
  json: boolean,
  console: Console,
): number {
  if (json) console.print(printableJson(answer));
  else {
    for (const result of answer.results ?? []) {
      const line = printable(resultInWords(named.get(result.id) ?? result.id, result));
      if (result.outcome === 'skipped') console.warn(line);
      else console.print(line);
    }
    const parts = [`${answer.acked.toLocaleString('en-US')} acknowledged`];
    if (answer.alreadyAcked > 0) parts.push(`${answer.alreadyAcked.toLocaleString('en-US')} were already`);
    if (answer.skipped > 0) parts.push(`${answer.skipped.toLocaleString('en-US')} not`);
    console.print(parts.join(', '));
    if (answer.acked > 0) {
      console.print(`to take it back: pulsewatch unack --batch ${printable(answer.batchId)}`);
    }
  }
  return answer.skipped > 0 ? 1 : 0;
}

async function ack(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(OPTIONS, args, ALERT_OPERANDS);
  const client = clientOf(options, environment);
  const isByFilter = options.has('all-matching');
  if (isByFilter === options.operands.length > 0) {
    throw new UsageError(
      'it takes ids of alerts or names of hosts, or --all-matching, and one of the two alone',
    );
  }
  const strays = (['state', 'label', 'q'] as const).filter((name) => options.has(name));
  if (!isByFilter && strays.length > 0) throw new UsageError(`--${strays[0]} goes with --all-matching`);
  if (isByFilter) requireConsent(options, environment);
  const filter = {
    ...filterOf(options),
    state: options.value('state', (text) => (STATES.includes(text) ? text : null), 'unhandled'),
  };
  const about: AckRequest = {
    by: nameOf(options.text('by'), environment),
    comment: options.value<string | undefined>(
      'comment',
      (text) => (text.trim() !== '' && text.length <= MAX_COMMENT_LENGTH ? text : null),
      undefined,
    ),
    expiresInMs: options.value<number | undefined>('expires', expiryOf, undefined),
  };
  const json = options.has('json');

  const byFilter = async (): Promise<number> => {
    const { total, position } = await countHosts(client, filter);
    const many = counted(total, 'host that is down matches', 'hosts that are down match');
    if (total > 0 && !(await consents(options, environment, `${many}. Acknowledge?`))) {
      console.warn('nothing was acknowledged');
      return 1;
    }
    if (!json) console.print(many);
    // Only what was counted: a host that goes down while the question stands is not taken unseen.
    return finish(await post(client, { ...about, filter, at: position }), NAMED_NONE, json, console);
  };

  const byName = async (): Promise<number> => {
    const { named, missing } = await alertTargets(client, options.operands, console);
    if (named.size === 0) return 1;
    const code = finish(await post(client, { ...about, ids: [...named.keys()] }), named, json, console);
    return missing > 0 ? 1 : code;
  };

  return withApiErrors('ack', console, isByFilter ? byFilter : byName);
}

function expiryOf(text: string): number | null {
  const spanMs = parseSpan(text);
  return spanMs !== null && spanMs >= MIN_EXPIRY_MS && Number.isInteger(spanMs) ? spanMs : null;
}

function post(client: ApiClient, request: AckRequest): Promise<AckAnswer> {
  return client.post('/api/alerts/ack', request, isAckAnswer);
}

export const ackCommand: Command = {
  usage: 'pulsewatch ack ALERT-OR-HOST... | --all-matching [options]',
  about: 'Acknowledges alerts: someone takes care of them.',
  table: OPTIONS,
  run: ack,
};
