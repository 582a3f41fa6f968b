/** What the benchmark of alerts asks the process of its server. */

/** `reset`: the longest stall is counted from now on. */
export type ServerQuestion = { readonly ask: 'ready' } | { readonly ask: 'stall'; readonly reset: boolean };

export type ServerAnswer = {
  readonly port: number;
  readonly stall: Stall;
};

/** The longest the main thread took between two turns of a timer of 1 ms since the last reset, ms. */
export type Stall = {
  readonly longestMs: number;
  /** The most CPU it used between two turns: what is left when others want the machine too. */
  readonly longestCpuMs: number;
  /** 99th percentile of the event loop's delay, as Node measures it every 5 ms, ms. */
  readonly delayP99Ms: number;
};

export function isServerQuestion(message: unknown): message is ServerQuestion {
  return typeof message === 'object' && message !== null && 'ask' in message;
}

export function isServerAnswer(message: unknown): message is ServerAnswer {
  return typeof message === 'object' && message !== null && 'stall' in message;
}
