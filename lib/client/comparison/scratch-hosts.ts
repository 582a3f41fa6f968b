/**
 * Keeps one set of scratch hosts on the server as long as it is wanted, and none after that: made, its rate
 * changed, given back, made anew when the server lost it. One request at a time; owns one timer.
 */
import type { Answer, ComparisonApi } from './comparison-api.ts';
import type { ComparisonProblem } from './comparison-state.ts';

/** After a refusal, unless the server says otherwise, ms. */
const AGAIN_AFTER_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;

export type ScratchHosts = {
  /** What lanes ask for; null while there is none. */
  readonly feed: string | null;
  readonly problem: ComparisonProblem | null;
  /** Changes a second; 0 = no hosts are wanted. */
  want(changesPerSecond: number): void;
  /** The server does not know this feed any more. */
  lost(feed: string): void;
};

/** @param onNews `feed` or `problem` changed */
export function createScratchHosts(api: ComparisonApi, onNews: () => void): ScratchHosts {
  let wanted = 0;
  let made: { readonly feed: string; readonly changesPerSecond: number } | null = null;
  let problem: ComparisonProblem | null = null;
  let busy = false;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const forget = (detail: string): void => {
    made = null;
    problem = { kind: 'scratch-lost', detail };
    onNews();
  };
  const failed = (answer: Exclude<Answer<unknown>, { kind: 'ok' }>): void => {
    const detail = answer.kind === 'gone' ? 'this server has no scratch hosts' : answer.detail;
    problem = { kind: answer.kind === 'silent' ? 'scratch-unanswered' : 'scratch-refused', detail };
    const retryAfterMs = answer.kind === 'failed' ? answer.retryAfterMs : null;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(1_000, retryAfterMs ?? AGAIN_AFTER_MS));
    timer = setTimeout(() => void settle(), waitMs);
    onNews();
  };

  async function make(): Promise<boolean> {
    const changesPerSecond = wanted;
    const answer = await api.makeScratch(changesPerSecond);
    if (answer.kind === 'ok') {
      made = { feed: answer.body.feed, changesPerSecond };
      problem = null;
      if (wanted > 0) onNews();
      return true;
    }
    // Nobody wants it any more: the refusal is of no interest.
    if (wanted === 0) return false;
    failed(answer);
    return false;
  }

  async function changeRate(feed: string): Promise<boolean> {
    const changesPerSecond = wanted;
    const answer = await api.changeScratch(feed, changesPerSecond);
    // Lost meanwhile, or not wanted any more: then its rate is of no interest.
    if (made?.feed !== feed || wanted === 0) return true;
    if (answer.kind === 'ok') made = { feed, changesPerSecond };
    else if (answer.kind === 'gone') forget('the server does not know the scratch hosts any more');
    else {
      failed(answer);
      return false;
    }
    return true;
  }

  async function settle(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (busy) return;
    busy = true;
    for (let goesOn = true; goesOn; ) {
      if (wanted === 0) {
        if (made === null) break;
        const { feed } = made;
        made = null;
        await api.removeScratch(feed);
      } else if (made === null) goesOn = await make();
      else if (made.changesPerSecond !== wanted) goesOn = await changeRate(made.feed);
      else break;
    }
    busy = false;
  }

  return {
    get feed() {
      return wanted === 0 ? null : (made?.feed ?? null);
    },
    get problem() {
      return problem;
    },
    want(changesPerSecond) {
      if (changesPerSecond === 0) problem = null;
      wanted = changesPerSecond;
      void settle();
    },
    lost(feed) {
      if (made?.feed !== feed) return;
      forget('the server does not know the scratch hosts any more');
      void settle();
    },
  };
}
