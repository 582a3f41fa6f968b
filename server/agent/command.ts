/** What a command of `pulsewatch` is, and what it may know of its surroundings. Types alone. */
import type { Console } from './agent.ts';
import type { OptionTable } from './command-line.ts';

/** Where the output goes and the questions are asked. */
export type Terminal = {
  /** Width of the terminal the output goes to; null: it goes elsewhere, and no line is shortened. */
  readonly columns: number | null;
  /** One line from the person at the terminal; null: nobody is there to be asked. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Whoever read the output has gone, as `head` does. */
  readonly isAbandoned: () => boolean;
};

/** What the commands take from outside their arguments. */
export type Environment = {
  readonly hostname: string;
  /** The account this runs as; null when the system does not know it. */
  readonly userName: string | null;
  readonly stateHome: string | undefined;
  readonly token: string | undefined;
  readonly dataDir: string | undefined;
  /** This host's own key. */
  readonly heartbeatKey: string | undefined;
  /** The server's masters. */
  readonly heartbeatKeys: string | undefined;
  readonly terminal: Terminal;
};

export type Command = {
  readonly usage: string;
  readonly about: string;
  readonly table: OptionTable;
  /** Resolves with the exit code. Throws a UsageError. */
  readonly run: (args: readonly string[], environment: Environment, console: Console) => Promise<number>;
};
