/** Options that `agent` and `simulate` share: where heartbeats go, how often. */
import type { OptionTable } from './command-line.ts';

export const SERVER_TAKES = 'HOST or HOST:PORT, like 10.0.0.5:9990, pulse.example.net or [::1]:9990';
export const INTERVAL_TAKES = 'a time from 10ms to 655s, like 1s, 500ms or 2m';

export const HELP_OPTION = { help: { kind: 'flag', help: 'This text' } } as const satisfies OptionTable;
