#!/usr/bin/env node
/**
 * The npm bin. Plain JavaScript for any Node from 18: the command itself is TypeScript, which Node 24 runs as it
 * stands, so an older Node starts the one that `npm install` brought along and stays in between: it passes signals
 * on, and takes its exit code from it. Owns no option and no command.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FIRST_NODE_WITH_TYPESCRIPT = 24;

endWithNpm();
if (Number.parseInt(process.versions.node, 10) >= FIRST_NODE_WITH_TYPESCRIPT) {
  const { runFromProcess } = await import('./cli.ts');
  await runFromProcess();
} else {
  runWithBundledNode();
}

/**
 * npx hands a SIGTERM to the shell it started, which ends without passing it on: when that shell has gone, this is
 * told as by SIGTERM, so that the host says bye. A child of this same program has its own way to learn of it.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined || process.channel) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}

function bundledNode() {
  const require = createRequire(import.meta.url);
  const manifestPath = require.resolve('node/package.json');
  return path.join(path.dirname(manifestPath), require(manifestPath).bin.node);
}

/** @param {string} why */
function giveUp(why) {
  process.stderr.write(
    `pulsewatch: needs Node ${FIRST_NODE_WITH_TYPESCRIPT} and this is ${process.versions.node}; ${why}; run \`npm install\` in the clone\n`,
  );
  process.exitCode = 1;
}

function runWithBundledNode() {
  let node;
  try {
    node = bundledNode();
  } catch {
    giveUp('the Node that comes with the packages is not installed');
    return;
  }
  // The channel is never written to: by its closing the child learns that this process was killed outright.
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, passOn);
  child.on('error', (error) => giveUp(`its own one does not start (${error.message})`));
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    for (const each of signals) process.off(each, passOn);
    process.kill(process.pid, signal);
  });
}
