/** The production server as a program: current pages first, then the server. Shared by `start` and `demo`. */
import { join } from 'node:path';
import { checkMachine } from './config.ts';
import type { RunningServer } from './main.ts';
import { buildPages, isBuildCurrent } from './page-build.ts';
import { configOrExit, exitOnConfigError, runServer } from './program.ts';

const ROOT = join(import.meta.dirname, '..');

/** Resolves when the server is ready. Ends the process for a wrong setting (2) or a failed build (1). */
export async function serveProduction(args: readonly string[]): Promise<RunningServer> {
  const config = configOrExit(args);
  // A mistake should not cost the time of a build.
  await checkMachine(config).catch(exitOnConfigError);
  if (!isBuildCurrent(ROOT)) {
    process.stderr.write('Building the pages, about 10 s …\n');
    const failure = await buildPages(ROOT);
    if (failure !== null) {
      process.stderr.write(`${failure}\npulsewatch: the pages could not be built\n`);
      process.exit(1);
    }
  }
  return runServer(config);
}
