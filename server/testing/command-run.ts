/** One command line of `pulsewatch` in this process, at a terminal of the test's making. For tests. */
import { runCommandLine } from '../agent/cli.ts';
import type { Environment } from '../agent/command.ts';

export type CommandRun = {
  readonly code: number;
  readonly printed: readonly string[];
  readonly warned: readonly string[];
  /** What was asked at the terminal. */
  readonly questions: readonly string[];
};

export type TerminalSettings = {
  readonly columns?: number;
  /** What the person types; none given: there is nobody. */
  readonly answer?: string;
};

export async function runCommand(
  args: readonly string[],
  { columns, answer }: TerminalSettings = {},
  environment: Partial<Environment> = {},
): Promise<CommandRun> {
  const [printed, warned, questions]: [string[], string[], string[]] = [[], [], []];
  const ask = async (question: string): Promise<string> => {
    questions.push(question);
    return answer!;
  };
  const code = await runCommandLine(
    args,
    {
      hostname: 'test',
      userName: 'tester',
      stateHome: undefined,
      token: undefined,
      dataDir: undefined,
      heartbeatKey: undefined,
      heartbeatKeys: undefined,
      terminal: {
        columns: columns ?? null,
        ask: answer === undefined ? null : ask,
        isAbandoned: () => false,
      },
      ...environment,
    },
    { print: (line) => printed.push(line), warn: (line) => warned.push(line) },
  );
  return { code, printed, warned, questions };
}
