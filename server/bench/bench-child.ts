/** A benchmark's own process: one question, one answer, over the fork's channel. Knows no benchmark. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const ANSWER_WITHIN_MS = 30_000;

export class BenchChild<Question extends object, Answer> {
  readonly #child: ChildProcess;
  readonly #isAnswer: (message: unknown) => message is Answer;

  /** `nodeOptions`: of the child's Node, such as `--expose-gc`. */
  constructor(
    module: URL,
    args: readonly string[],
    isAnswer: (message: unknown) => message is Answer,
    nodeOptions: readonly string[] = [],
  ) {
    this.#child = fork(module, [...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...process.execArgv, ...nodeOptions],
    });
    this.#isAnswer = isAnswer;
  }

  /** One at a time. Rejects when the child ends instead, or says nothing for 30 s. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
      };
      const onMessage = (message: unknown): void => {
        if (!this.#isAnswer(message)) return;
        settle();
        resolve(message);
      };
      const onExit = (code: number | null): void => {
        settle();
        reject(new Error(`${this.#child.spawnfile} ended with code ${code} before it answered`));
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`));
      }, ANSWER_WITHIN_MS);
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
      this.#child.send(question);
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves when it is gone, and what it had open with it. */
  async ended(): Promise<void> {
    const gone =
      this.#child.exitCode !== null || this.#child.signalCode !== null ? null : once(this.#child, 'exit');
    this.end();
    await gone;
  }
}

/** The child's side: answers each question in turn, and ends when its parent does. A rejected answer ends it too. */
export function answerQuestions<Question>(
  isQuestion: (message: unknown) => message is Question,
  answer: (question: Question) => Promise<object>,
): void {
  process.on('message', (message: unknown) => {
    if (isQuestion(message)) void answer(message).then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit());
}
