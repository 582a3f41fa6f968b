/** The benchmark's server: the real one without pages, in a process of its own, that also tells its longest stall. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readConfig } from '../config.ts';
import { startServer } from '../main.ts';
import { isServerQuestion, type ServerAnswer } from './alerts-messages.ts';
import { answerQuestions } from './bench-child.ts';

const DELAY_EVERY_MS = 5;

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
let longestMs = 0;
let longestCpuMs = 0;
let turnedAtMs = performance.now();
let turnedAtCpuMs = cpuMs();
setInterval(() => {
  const [nowMs, nowCpuMs] = [performance.now(), cpuMs()];
  longestMs = Math.max(longestMs, nowMs - turnedAtMs);
  longestCpuMs = Math.max(longestCpuMs, nowCpuMs - turnedAtCpuMs);
  [turnedAtMs, turnedAtCpuMs] = [nowMs, nowCpuMs];
}, 1);

const delay = monitorEventLoopDelay({ resolution: DELAY_EVERY_MS });
delay.enable();

/** The histogram holds how long its timer took; what is more than it asked for is delay. */
const delayP99Ms = (): number => Math.max(0, delay.percentile(99) / 1e6 - DELAY_EVERY_MS);

const fail = (error: Error): void => {
  console.error('the benchmark’s server:', error);
  process.exit(1);
};
const starting = startServer(readConfig(process.argv.slice(2), {}), {
  startPages: null,
  onNotice: () => {},
  onSetupToken: () => {},
  onFatal: fail,
  onFault: fail,
});

answerQuestions(isServerQuestion, async (question): Promise<ServerAnswer> => {
  const { port } = await starting;
  const answer = { port, stall: { longestMs, longestCpuMs, delayP99Ms: delayP99Ms() } };
  if (question.ask === 'stall' && question.reset) {
    [longestMs, longestCpuMs] = [0, 0];
    delay.reset();
  }
  return answer;
});
