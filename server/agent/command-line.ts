/**
 * Options of a command as a table: the parser, its one-line errors and the help text all come from it.
 * Knows no command. Pure.
 */
import { parseArgs } from 'node:util';

export type ValueSpec = {
  /** `values` may be given several times, a value once. */
  readonly kind: 'value' | 'values';
  /** What stands for the value in the help, as `HOST:PORT`. */
  readonly placeholder: string;
  readonly help: string;
  /** What is accepted, for the error: "it takes …". */
  readonly takes: string;
};
export type FlagSpec = { readonly kind: 'flag'; readonly help: string };
export type OptionSpec = ValueSpec | FlagSpec;
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** Words that belong to no option, as the names in `ack NAME…`. */
export type OperandSpec = {
  readonly atMost: number;
  /** What is accepted, for the error: "it takes …". */
  readonly takes: string;
};

/** The operator's mistake in one line: which option, what it got, what it takes. */
export class UsageError extends Error {}

const MAX_SHOWN = 80;
function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}

export class ParsedOptions<Name extends string> {
  /** In the order given. */
  readonly operands: readonly string[];
  readonly #table: Readonly<Record<Name, OptionSpec>>;
  readonly #given: ReadonlyMap<string, readonly string[]>;

  constructor(
    table: Readonly<Record<Name, OptionSpec>>,
    given: ReadonlyMap<string, readonly string[]>,
    operands: readonly string[],
  ) {
    this.#table = table;
    this.#given = given;
    this.operands = operands;
  }

  has(name: Name): boolean {
    return this.#given.has(name);
  }

  text(name: Name): string | undefined {
    return this.#given.get(name)?.[0];
  }

  /** An option's value by its parser (null = refused), or `fallback` when it was not given. */
  value<T>(name: Name, parse: (text: string) => T | null, fallback: T): T {
    const text = this.text(name);
    return text === undefined ? fallback : this.#parsed(name, parse, text);
  }

  /** Every value of an option that may be repeated, in the order given. */
  values<T>(name: Name, parse: (text: string) => T | null): T[] {
    return (this.#given.get(name) ?? []).map((text) => this.#parsed(name, parse, text));
  }

  required<T>(name: Name, parse: (text: string) => T | null): T {
    const text = this.text(name);
    if (text === undefined) throw new UsageError(`--${name} is missing; it takes ${this.#takes(name)}`);
    return this.#parsed(name, parse, text);
  }

  #takes(name: Name): string {
    const spec: OptionSpec = this.#table[name];
    return spec.kind === 'flag' ? 'no value' : spec.takes;
  }

  #parsed<T>(name: Name, parse: (text: string) => T | null, text: string): T {
    const value = parse(text);
    if (value === null) {
      throw new UsageError(`--${name} got ${shown(text)}; it takes ${this.#takes(name)}`);
    }
    return value;
  }
}

/** Reads `args` by the table; throws a UsageError that names the first argument that does not fit. */
export function parseOptions<Name extends string>(
  table: Readonly<Record<Name, OptionSpec>>,
  args: readonly string[],
  operandSpec: OperandSpec | null = null,
): ParsedOptions<Name> {
  const specs: OptionTable = table;
  const { tokens } = parseArgs({
    args: [...args],
    // Not strict, because its errors run over several sentences and do not say what is accepted.
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [
        name,
        { type: spec.kind === 'flag' ? 'boolean' : 'string' },
      ]),
    ),
  });
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (operandSpec === null) {
        throw new UsageError(`${shown(token.value)} is not expected here; ${whatItTakes(specs)}`);
      }
      operands.push(token.value);
      if (operands.length > operandSpec.atMost) {
        throw new UsageError(
          `${shown(token.value)} is one too many; it takes ${operandSpec.takes}, at most ${operandSpec.atMost}`,
        );
      }
      continue;
    }
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) {
      throw new UsageError(`${shown(token.rawName)} is not an option; ${whatItTakes(specs)}`);
    }
    if (spec.kind === 'flag') {
      if (token.value !== undefined) {
        throw new UsageError(`--${token.name} got ${shown(token.value)}; it takes no value`);
      }
      given.set(token.name, []);
      continue;
    }
    const next = token.inlineValue ? undefined : token.value;
    if (token.value === undefined || next?.startsWith('--')) {
      throw new UsageError(`--${token.name} got no value; it takes ${spec.takes}`);
    }
    const before = given.get(token.name);
    if (before !== undefined && spec.kind === 'value') {
      throw new UsageError(`--${token.name} is given twice; it takes one value: ${spec.takes}`);
    }
    given.set(token.name, [...(before ?? []), token.value]);
  }
  return new ParsedOptions(table, given, operands);
}

function whatItTakes(specs: OptionTable): string {
  return `the options are ${Object.keys(specs)
    .map((name) => `--${name}`)
    .join(', ')}`;
}

/** One line an option, in columns. */
export function optionsHelp(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, spec]) => {
    const value = spec.kind === 'flag' ? '' : ` ${spec.placeholder}`;
    return [
      `  --${name}${value}`,
      `${spec.help}${spec.kind === 'values' ? ' (may be repeated)' : ''}`,
    ] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join('\n');
}
