/**
 * The server as a program: one line when it is ready, one line and exit code 2 for a mistake of the operator, an end
 * on SIGTERM, SIGINT or a fault of its own. `npm start`, `dev` and `demo` stand on it.
 */
import { type Config, ConfigError, readConfig, settingsHelp } from './config.ts';
import { inUrl, type RunningServer, type ServerParts, startServer } from './main.ts';

/** A clean stop takes about a second, longer while much waits to be stored; beyond this something hangs. */
const STOP_LIMIT_MS = 10_000;
/** The same fault again within this time is not logged again. */
const FAULT_QUIET_MS = 60_000;
const MAX_FAULTS_REMEMBERED = 200;
/** Ctrl-C arrives from the terminal and from npm: one wish, not two. */
const SAME_WISH_MS = 500;

export function exitOnConfigError(error: unknown): never {
  if (error instanceof ConfigError) {
    process.stderr.write(`pulsewatch: ${error.message}\n`);
    process.exit(2);
  }
  throw error;
}

/** The settings; or one line and exit code 2; or, asked for `--help`, what there is to set. */
export function configOrExit(args: readonly string[]): Config {
  if (args.includes('--help')) {
    process.stdout.write(settingsHelp());
    process.exit(0);
  }
  try {
    return readConfig(args);
  } catch (error) {
    return exitOnConfigError(error);
  }
}

/** The server as a program: resolves when it is ready, ends the process on SIGTERM, SIGINT or a fault of its own. */
export async function runServer(
  config: Config,
  loadPages: () => Promise<ServerParts['startPages']> = async () =>
    (await import('./next-app.ts')).startPages,
): Promise<RunningServer> {
  let ending = false;
  const onFatal = (error: unknown): void => {
    if (ending) return;
    ending = true;
    console.error('pulsewatch: it ends because of a fault of its own:', error);
    process.exit(1);
  };
  process.on('uncaughtException', onFatal);
  const quietUntilMs = new Map<string, number>();
  const onFault = (error: Error): void => {
    const nowMs = performance.now();
    if (nowMs < (quietUntilMs.get(error.message) ?? 0)) return;
    if (quietUntilMs.size >= MAX_FAULTS_REMEMBERED) quietUntilMs.clear();
    quietUntilMs.set(error.message, nowMs + FAULT_QUIET_MS);
    console.error('pulsewatch:', error);
  };

  let server: RunningServer | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const end = (): void => {
    const nowMs = performance.now();
    if (ending && nowMs - askedAtMs > SAME_WISH_MS) process.exit(1);
    if (ending) return;
    ending = true;
    askedAtMs = nowMs;
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    (server?.stop() ?? Promise.resolve()).then(() => process.exit(0), onFatal);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  const startPages = await loadPages();
  const onNotice = (text: string): void => console.error(`pulsewatch: ${text}`);
  let setupToken: string | null = null;
  const onSetupToken = (token: string): void => {
    setupToken = token;
  };
  server = await startServer(config, { startPages, onSetupToken, onNotice, onFatal, onFault }).catch(
    exitOnConfigError,
  );
  const { url, heartbeatHost, heartbeatPort } = server;
  console.log(`Pulsewatch is ready: ${url} (heartbeats: UDP ${inUrl(heartbeatHost)}:${heartbeatPort})`);
  if (setupToken !== null) {
    console.log(
      `There is no user yet. Open ${url}/login and make the first one with this setup token: ${setupToken}`,
    );
  }
  return server;
}

if (import.meta.main) await runServer(configOrExit(process.argv.slice(2)));
