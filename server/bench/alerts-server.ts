/** The benchmark's server: the real one without pages, in a process of its own, that also tells its longest stall. */
import { readConfig } from '../config.ts';
import { startServer } from '../main.ts';
import { isServerQuestion, type ServerAnswer } from './alerts-messages.ts';
import { answerQuestions } from './bench-child.ts';

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
  const answer = { port, stall: { longestMs, longestCpuMs } };
  if (question.ask === 'stall' && question.reset) [longestMs, longestCpuMs] = [0, 0];
  return answer;
});
