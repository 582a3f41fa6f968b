/** What `ack` and `unack` name: an alert by its id, or a host by its name or id, which stands for its open alert. */
import { parseAlertId } from '../../lib/protocol/alert.ts';
import type { HostDetail } from '../../lib/protocol/api.ts';
import type { Console } from './agent.ts';
import { type ApiClient, ApiRefusal, isRecord } from './api-client.ts';
import type { OperandSpec } from './command-line.ts';
import { isHost } from './hosts-command.ts';
import { printable } from './printable-text.ts';

export const ALERT_OPERANDS: OperandSpec = {
  // What one call takes, so that one command is one batch.
  atMost: 500,
  takes: 'ids of alerts or names of hosts',
};

function hasHost(body: unknown): body is Pick<HostDetail, 'host'> {
  return isRecord(body) && isHost(body.host);
}

/** The name an operator gave for each alert id. */
export type AlertTargets = { readonly named: ReadonlyMap<string, string>; readonly missing: number };

/** Those that name nothing are said and counted. One call a host name. */
export async function alertTargets(
  client: ApiClient,
  operands: readonly string[],
  console: Console,
): Promise<AlertTargets> {
  const named = new Map<string, string>();
  let missing = 0;
  const refuse = (line: string): void => {
    console.warn(printable(line));
    missing++;
  };
  for (const operand of operands) {
    if (parseAlertId(operand) !== null) {
      named.set(operand, operand);
      continue;
    }
    try {
      const { host } = await client.get(`/api/hosts/${encodeURIComponent(operand)}`, hasHost);
      if (host.alertId === null) refuse(`${operand}: it is ${host.state}, without an open alert`);
      else named.set(host.alertId, operand);
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.code !== 'host_not_found') throw error;
      refuse(error.message);
    }
  }
  return { named, missing };
}
