/**
 * The last incarnation, kept on disk so that an agent whose clock went back is still newer than its last run.
 * A file of decimal digits; whatever else it holds counts as nothing. Never stops an agent from starting.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where it is kept unless told otherwise: one file a host name. `stateHome` is $XDG_STATE_HOME. */
export function defaultStateFile(name: string, stateHome: string | undefined): string {
  const base =
    stateHome !== undefined && path.isAbsolute(stateHome)
      ? stateHome
      : path.join(homedir(), '.local', 'state');
  return path.join(base, 'pulsewatch', `${name}.incarnation`);
}

/** The incarnation kept at `file`, or null when there is none that can be read. */
export function readIncarnation(file: string): number | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
  const value = Number(text);
  return /^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(value) ? value : null;
}

/** Keeps it, whole or not at all (a rename). Returns why it could not be kept, or null. */
export function writeIncarnation(file: string, incarnation: number): string | null {
  const unfinished = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(unfinished, `${incarnation}\n`);
    renameSync(unfinished, file);
    return null;
  } catch (error) {
    try {
      rmSync(unfinished, { force: true });
    } catch {
      // What could not be made cannot be removed either; the first reason is the one to tell.
    }
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
